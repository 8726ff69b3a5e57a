import type { Offset } from '@tributary/stream';

/**
 * High-water marks: the highest source offset seen of each (source partition, epoch) in one hand-off partition.
 *
 * INVARIANT 2 (nothing is delivered twice): a consumer hands off at least once and in source order, so a row at or below
 * its mark has been seen before, and a row above it has not.
 */
export class Marks {
  readonly #offsets: ReadonlyMap<number, ReadonlyMap<number, Offset>>;

  private constructor(offsets: ReadonlyMap<number, ReadonlyMap<number, Offset>>) {
    this.#offsets = offsets;
  }

  static readonly none = new Marks(new Map());

  /** Marks by epoch and source partition. */
  static of(entries: Iterable<readonly [epoch: number, partition: number, offset: Offset]>): Marks {
    return Marks.none.raise(entries);
  }

  /** The mark of a source partition, -1 where none of its rows was seen. */
  at(epoch: number, partition: number): Offset {
    return this.#offsets.get(epoch)?.get(partition) ?? -1;
  }

  /** These marks, raised to the given offsets where those are higher. Never lowers one. */
  raise(entries: Iterable<readonly [epoch: number, partition: number, offset: Offset]>): Marks {
    const next = new Map([...this.#offsets].map(([epoch, partitions]) => [epoch, new Map(partitions)]));
    for (const [epoch, partition, offset] of entries) {
      const partitions = next.get(epoch) ?? new Map<number, Offset>();
      next.set(epoch, partitions);
      if (offset > (partitions.get(partition) ?? -1)) partitions.set(partition, offset);
    }
    return new Marks(next);
  }

  /** All marks, by epoch and then by source partition. */
  *entries(): Generator<readonly [epoch: number, partition: number, offset: Offset]> {
    for (const epoch of [...this.#offsets.keys()].sort((a, b) => a - b)) {
      const partitions = this.#offsets.get(epoch)!;
      for (const partition of [...partitions.keys()].sort((a, b) => a - b))
        yield [epoch, partition, partitions.get(partition)!];
    }
  }
}
