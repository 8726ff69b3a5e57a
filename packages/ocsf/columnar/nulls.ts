import type { Field } from 'apache-arrow';
import type { Cells } from './cells.ts';

/** Which rows are null, as Arrow keeps it. */
export interface Validity {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

/** The rows in which a column is null, as they are found. There are no bits while there is none. */
export class Nulls {
  readonly #field: Field;
  readonly #rows: number;
  #bits: Uint8Array | undefined;
  #count = 0;

  constructor(field: Field, { filled }: Cells, rows: number) {
    this.#field = field;
    this.#rows = rows;
    if (filled || rows === 0) return;
    this.#bits = new Uint8Array(bytesOf(rows));
    this.#count = rows;
  }

  add(row: number): void {
    this.#bits ??= new Uint8Array(bytesOf(this.#rows)).fill(0xff);
    this.#bits[row >> 3]! &= ~(1 << (row & 7));
    this.#count++;
  }

  validity(): Validity {
    const nullCount = this.#count;
    if (nullCount === 0) return { nullCount };
    const { name, nullable } = this.#field;
    if (!nullable) throw new Error(`the column ${name} has no value in ${nullCount} of ${this.#rows} rows`);
    return { nullCount, nullBitmap: this.#bits! };
  }
}

/** Bits for `rows` rows, to a multiple of 8 bytes. */
export function bytesOf(rows: number): number {
  return ((rows + 63) >> 6) << 3;
}
