import type { Offset, OutgoingRecord, PartitionEnds, StreamRecord, TopicShape, UndecodableBatch } from './stream.ts';

/** One partition in memory. */
export class MemoryLog {
  readonly partition: number;
  #records: StreamRecord[] = [];
  #undecodable: UndecodableBatch[] = [];
  #low: Offset = 0;
  #high: Offset = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  get ends(): PartitionEnds {
    return { partition: this.partition, low: this.#low, high: this.#high };
  }

  append({ key, value, headers }: OutgoingRecord, timestamp: number): Offset {
    const offset = this.#high++;
    const bytes = Object.entries(headers ?? {}).map(([name, header]) => [name, Buffer.from(header as string)]);
    this.#records.push({
      offset,
      key: key === null ? null : Buffer.from(key as string),
      value: value === null ? null : Buffer.from(value as string),
      headers: Object.fromEntries(bytes),
      timestamp,
    });
    return offset;
  }

  /** A batch that nobody can decode takes the next offset. */
  appendUndecodable(topic: string, bytes: Buffer, timestamp: number): void {
    const offset = this.#high++;
    this.#undecodable.push({
      topic,
      partition: this.partition,
      firstOffset: offset,
      lastOffset: offset,
      timestamp,
      size: bytes.length,
      bytes,
      reason: 'scripted',
    });
  }

  /** The first batch that can't be decoded at or after `from`. */
  nextUndecodable(from: Offset): UndecodableBatch | undefined {
    return this.#undecodable.find(({ lastOffset }) => lastOffset >= from);
  }

  /**
   * Records from `from` on up to the next batch that can't be decoded, as many as fit into `bytesMax`, but at least one
   * when there is one.
   */
  slice(from: Offset, bytesMax: number): StreamRecord[] {
    const end = this.nextUndecodable(from)?.firstOffset ?? this.#high;
    const slice: StreamRecord[] = [];
    let bytes = 0;
    for (let i = this.#indexOf(from); i < this.#records.length; i++) {
      const record = this.#records[i]!;
      bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
      if (record.offset >= end || (slice.length > 0 && bytes > bytesMax)) break;
      slice.push(record);
    }
    return slice;
  }

  /** The offset of the first record that was appended at `timeMs` or later; the end where there is none. */
  startingAt(timeMs: number): Offset {
    return this.#records.find(({ timestamp }) => timestamp >= timeMs)?.offset ?? this.#high;
  }

  /** As retention does it: what lies before `low` is gone. */
  advanceStart(low: Offset): void {
    this.#low = Math.min(Math.max(low, this.#low), this.#high);
    this.#records = this.#records.slice(this.#indexOf(this.#low));
  }

  /** As the cleaner does it: of each key only the newest record stays, offsets keep their gaps. */
  compact(): void {
    const newest = new Map(this.#records.map((record) => [record.key?.toString(), record.offset]));
    this.#records = this.#records.filter((record) => newest.get(record.key?.toString()) === record.offset);
  }

  #indexOf(offset: Offset): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#records[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A topic with its logs. */
export interface MemoryTopic {
  readonly shape: TopicShape;
  readonly partitions: readonly MemoryLog[];
}
