import { createHash, type Hash } from 'node:crypto';
import type { ReplayPlan, ReplayRange, SourceSpan } from '@tributary/schemas/kafka/operations.ts';
import { eventDayOf } from '@tributary/schemas/lake/object-key.ts';

/** A row of the registration in a portion, as far as a range is known by it. */
export interface PlannedRow {
  readonly sourceOffset: number;
  readonly objectAccount: string;
  /** Event time, ms since the epoch. */
  readonly time: number;
}

/** Records of one source partition that were read together, and what of the registration was among them. */
export interface Portion extends SourceSpan {
  readonly rows: readonly PlannedRow[];
  /** Bytes of the registration's events as they arrived. */
  readonly bytes: number;
}

/** How large a range may become: a portion more at most. Small enough that a range fits into memory as columns. */
export const rangeLimits = { rows: 100_000, bytes: 64 * 1024 * 1024 } as const;

/** What the digests of new plans are taken of. */
export const digestOf = 'positions-and-times' satisfies ReplayPlan['digestOf'];

/** The digest of a range, taken row by row in the order in which they are read: of what the plan's `digestOf` says. */
export class RangeDigest {
  readonly #hash: Hash = createHash('sha256');
  readonly #of: ReplayPlan['digestOf'];

  constructor(of: ReplayPlan['digestOf']) {
    this.#of = of;
  }

  add(partition: number, rows: readonly Pick<PlannedRow, 'sourceOffset' | 'time'>[]): void {
    const timeOf = ({ time }: Pick<PlannedRow, 'time'>) => (this.#of === undefined ? '' : ` ${time}`);
    this.#hash.update(rows.map((row) => `${partition}/${row.sourceOffset}${timeOf(row)}\n`).join(''));
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * Cuts portions, in the order in which they come, into ranges. What holds nothing of the registration at the ends of a
 * span is left out, so that nobody reads it again. Pure: it only counts.
 */
export class RangeCutter {
  readonly ranges: ReplayRange[] = [];
  rows = 0;
  bytes = 0;
  objects = 0;
  /** About what the closed ranges take in the plan. */
  planBytes = 0;
  readonly #limits: { readonly rows: number; readonly bytes: number };
  readonly #partRows: number;
  #open = newRange();
  #isApart = false;

  constructor(partRows: number, limits: { readonly rows: number; readonly bytes: number } = rangeLimits) {
    this.#partRows = partRows;
    this.#limits = limits;
  }

  add({ partition, from, to, rows, bytes }: Portion): void {
    if (rows.length === 0) return;
    const open = this.#open;
    const last = open.spans.at(-1);
    if (last?.partition === partition && !this.#isApart) open.spans[open.spans.length - 1] = { ...last, to };
    else open.spans.push({ partition, from, to });
    this.#isApart = false;
    open.rows += rows.length;
    open.bytes += bytes;
    open.digest.add(partition, rows);
    for (const { objectAccount, time } of rows) {
      const object = `${objectAccount} ${eventDayOf(time)}`;
      open.objects.set(object, (open.objects.get(object) ?? 0) + 1);
    }
    this.rows += rows.length;
    this.bytes += bytes;
    if (open.rows >= this.#limits.rows || open.bytes >= this.#limits.bytes) this.finish();
  }

  /** What lies between the last portion and the next one is left out: no span goes over it. */
  leaveOut(): void {
    this.#isApart = true;
  }

  /** Closes the range that is open; call it after the last portion. */
  finish(): void {
    const { spans, rows, digest, objects } = this.#open;
    if (rows === 0) return;
    const parts = [...objects.values()].reduce((sum, count) => sum + Math.ceil(count / this.#partRows), 0);
    const range: ReplayRange = { spans, rows, digest: digest.hex(), objects: parts };
    this.ranges.push(range);
    this.planBytes += JSON.stringify(range).length + 1;
    this.objects += parts;
    this.#open = newRange();
  }
}

const newRange = () => ({
  spans: [] as SourceSpan[],
  rows: 0,
  bytes: 0,
  digest: new RangeDigest(digestOf),
  objects: new Map<string, number>(),
});
