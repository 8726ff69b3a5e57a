import { type Data, type RecordBatch, Type } from 'apache-arrow';

/** Source: AWS, "Collecting data from custom sources": data pages up to 1 MB uncompressed. We hold dictionary pages to it too. */
export const pageBytesMax = 1_048_576;
/** Source: the same page: row groups up to 256 MB compressed. We bound the plain bytes, which are never fewer. */
export const rowGroupPlainBytesMax = 192 * 1024 * 1024;
/** Rows of a row group where bytes allow it: what a reader holds at once. */
export const rowGroupRowsMax = 131_072;

/** The writer ends a page at this many rows (parquet-rs: DEFAULT_DATA_PAGE_ROW_COUNT_LIMIT). */
const pageRowsMax = 20_000;
/** Levels that the writer takes at a time of a column with nulls or lists (parquet-rs: DEFAULT_WRITE_BATCH_SIZE). */
const writeBatchRows = 1024;
/** Rows handed to the writer at once: few enough to plan with, many enough that a column's dictionary stays in cache. */
export const sliceRowsMax = 8192;
const pageBytesWanted = 448 * 1024;
const pageBytesLeast = 64 * 1024;
const miniBatchBytesMax = 512 * 1024;
/** Left for run headers. */
const pageReserveBytes = 16 * 1024;
const levelBytesMax = 256 * 1024;

/** How the writer is to be set and fed so that no page and no row group of this content passes its limit. */
export interface PageLimits {
  readonly rowsPerGroup: number;
  /** For data pages and dictionary pages. */
  readonly pageBytes: number;
  /** For each batch, in how many rows at a time the writer gets it. */
  readonly slices: readonly (readonly number[])[];
}

/** What planning needs to know of a record batch: much less than the batch, whose values it doesn't hold. */
export interface Measured {
  readonly rows: number;
  readonly leaves: readonly Leaf[];
}

/** Measures a batch of the object. */
export function measure(batch: RecordBatch): Measured {
  return { rows: batch.numRows, leaves: leavesOf(batch) };
}

/** The plain bytes of its values. */
export function plainBytes({ rows, leaves }: Measured): number {
  return leaves.reduce((sum, leaf) => sum + leaf.bytesBefore(rows), 0);
}

/** One Parquet column of one batch: how many plain bytes and levels its first rows hold. */
interface Leaf {
  readonly repeated: boolean;
  readonly levelBits: number;
  readonly bytesBefore: (row: number) => number;
  readonly levelsBefore: (row: number) => number;
}

/**
 * Limits for writing the measured batches one after the other as one object.
 *
 * The writer (parquet-rs 59.3, `write_batch_internal`) looks at a page's size only after each mini-batch. Of a column
 * with nulls or lists that is up to 1,024 levels and the rest of a row. Of any other it is as many values as the first
 * ones that fit the page limit, also where the next ones are longer. No mini-batch passes the end of a write call. So
 * the rows are handed over in slices in which no mini-batch can be large, and the page limit is set one mini-batch
 * lower than ours. Levels don't count for the writer at all: where lists would fill a page with them, row groups are
 * made smaller. Holds for values and lists of up to 512 KB a row and column.
 */
export function planPages(measured: readonly Measured[]): PageLimits {
  let rowsPerGroup = rowGroupRowsMax;
  while (rowsPerGroup > 1 && !groupFits(measured, rowsPerGroup)) rowsPerGroup >>= 1;
  const slices = measured.map(slicesOf);
  const largest = measured.reduce((most, batch, i) => Math.max(most, largestMiniBatch(batch, slices[i]!)), 0);
  const room = pageBytesMax - pageReserveBytes - levelBytesOfPage(measured, rowsPerGroup) - largest;
  return { rowsPerGroup, pageBytes: Math.max(pageBytesLeast, Math.min(pageBytesWanted, room)), slices };
}

function slicesOf({ rows, leaves }: Measured): number[] {
  const slices: number[] = [];
  for (let at = 0; at < rows; ) {
    let end = Math.min(rows, at + sliceRowsMax);
    for (const leaf of leaves) {
      while (end > at + 1 && miniBatchBytes(leaf, at, end) > miniBatchBytesMax) end = at + ((end - at) >> 1);
    }
    slices.push(end - at);
    at = end;
  }
  return slices;
}

function largestMiniBatch({ leaves }: Measured, slices: readonly number[]): number {
  let most = 0;
  let at = 0;
  for (const rows of slices) {
    for (const leaf of leaves) most = Math.max(most, miniBatchBytes(leaf, at, at + rows));
    at += rows;
  }
  return most;
}

/** The most bytes that one mini-batch of the rows `at` up to `end` can hold, at the page limit we want or a lower one. */
function miniBatchBytes({ bytesBefore }: Leaf, at: number, end: number): number {
  const all = bytesBefore(end) - bytesBefore(at);
  if (all <= pageBytesWanted || end - at <= writeBatchRows) return all;
  let fitting = at;
  while (fitting < end && bytesBefore(fitting + 1) - bytesBefore(at) <= pageBytesWanted) fitting++;
  const rows = Math.max(writeBatchRows, fitting - at);
  let most = 0;
  for (let from = at; from + rows <= end; from++) most = Math.max(most, bytesBefore(from + rows) - bytesBefore(from));
  return most;
}

function groupFits(batches: readonly Measured[], rowsPerGroup: number): boolean {
  let bytes = 0;
  let rowsLeft = rowsPerGroup;
  for (const { rows, leaves } of batches) {
    for (let at = 0; at < rows; ) {
      const end = Math.min(rows, at + rowsLeft);
      for (const leaf of leaves) bytes += leaf.bytesBefore(end) - leaf.bytesBefore(at);
      if (bytes > rowGroupPlainBytesMax) return false;
      rowsLeft -= end - at;
      at = end;
      if (rowsLeft === 0) {
        rowsLeft = rowsPerGroup;
        bytes = 0;
      }
    }
  }
  return levelBytesOfPage(batches, rowsPerGroup) <= levelBytesMax;
}

/** Bytes of the levels of the fullest page that can arise, over all columns. */
function levelBytesOfPage(batches: readonly Measured[], rowsPerGroup: number): number {
  // Pages start anywhere: two neighbouring spans of a page's rows hold each page. Groups start at multiples.
  const span = Math.min(rowsPerGroup, pageRowsMax + sliceRowsMax);
  const spans = rowsPerGroup > span ? 2 : 1;
  const flatBits = 4;
  let most = (span * flatBits) / 8;
  const columns = batches[0]?.leaves.length ?? 0;
  for (let column = 0; column < columns; column++) {
    const { repeated, levelBits } = batches[0]!.leaves[column]!;
    if (!repeated) continue;
    const levels = levelsPerSpan(batches, column, span);
    for (let i = 0; i < levels.length; i++) {
      const inPage = levels[i]! + (spans === 2 ? (levels[i + 1] ?? 0) : 0);
      most = Math.max(most, Math.ceil((inPage * levelBits) / 8));
    }
  }
  return most;
}

function levelsPerSpan(batches: readonly Measured[], column: number, span: number): number[] {
  const levels = [0];
  let rowsLeft = span;
  for (const { rows, leaves } of batches) {
    const { levelsBefore } = leaves[column]!;
    for (let at = 0; at < rows; ) {
      const end = Math.min(rows, at + rowsLeft);
      levels[levels.length - 1]! += levelsBefore(end) - levelsBefore(at);
      rowsLeft -= end - at;
      at = end;
      if (rowsLeft === 0) {
        rowsLeft = span;
        levels.push(0);
      }
    }
  }
  return levels;
}

/** Where the row's elements start at the present depth of lists. Undefined outside lists: a row is its own element. */
type Starts = Int32Array | undefined;

interface Above {
  readonly starts: Starts;
  readonly definitions: number;
  readonly repetitions: number;
  readonly levelsBefore: (row: number) => number;
}

function leavesOf(batch: RecordBatch): Leaf[] {
  const top: Above = { starts: undefined, definitions: 0, repetitions: 0, levelsBefore: (row) => row };
  return batch.data.children.flatMap((data) => leaves(data, top, batch.numRows));
}

function leaves(data: Data, above: Above, rows: number): Leaf[] {
  const definitions = above.definitions + 1;
  switch (data.typeId as Type) {
    case Type.Struct:
      return data.children.flatMap((child) => leaves(child, { ...above, definitions }, rows));
    case Type.List:
    case Type.Map:
      return leaves(data.children[0]!, below(data, { ...above, definitions }, rows), rows);
    case Type.Utf8:
    case Type.Binary:
      return [bytesLeaf(data, { ...above, definitions })];
    default:
      return [fixedLeaf(data, { ...above, definitions })];
  }
}

function below(list: Data, above: Above, rows: number): Above {
  const offsets = list.valueOffsets as Int32Array;
  const starts = new Int32Array(rows + 1);
  for (let row = 0; row <= rows; row++) starts[row] = offsets[above.starts?.[row] ?? row]!;
  return {
    starts,
    definitions: above.definitions + 1,
    repetitions: above.repetitions + 1,
    levelsBefore: (row) => above.levelsBefore(row) + starts[row]!,
  };
}

/** A value's length stands before it in 4 bytes. */
const lengthBytes = 4;

function bytesLeaf(data: Data, above: Above): Leaf {
  const offsets = data.valueOffsets as Int32Array;
  const { starts } = above;
  return leafOf(above, (row) => {
    const element = starts === undefined ? row : starts[row]!;
    return offsets[element]! + lengthBytes * element;
  });
}

function fixedLeaf(data: Data, above: Above): Leaf {
  const bytes = Math.max(4, (data.values as Int32Array).BYTES_PER_ELEMENT);
  const { starts } = above;
  return leafOf(above, (row) => bytes * (starts === undefined ? row : starts[row]!));
}

function leafOf(above: Above, bytesBefore: (row: number) => number): Leaf {
  const levelBits = bitsFor(above.definitions) + bitsFor(above.repetitions);
  return { repeated: above.starts !== undefined, levelBits, bytesBefore, levelsBefore: above.levelsBefore };
}

function bitsFor(level: number): number {
  return 32 - Math.clz32(level);
}
