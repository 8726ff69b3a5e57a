import { type Data, type RecordBatch, Type } from 'apache-arrow';

/** Source: AWS, "Collecting data from custom sources": data pages up to 1 MB uncompressed. We hold dictionary pages to it too. */
export const pageBytesMax = 1_048_576;
/** Source: the same page: row groups up to 256 MB compressed. We bound the plain bytes, which are never fewer. */
export const rowGroupPlainBytesMax = 192 * 1024 * 1024;
/** Rows of a row group where bytes allow it: what a reader holds at once. */
export const rowGroupRowsMax = 131_072;

/** A writer's page never holds more rows than this (parquet-rs: DEFAULT_DATA_PAGE_ROW_COUNT_LIMIT). */
const pageRowsMax = 20_000;
/** Values handed to a column before the writer looks at the page's size again, when they are short. */
const writeBatchMax = 1024;
/** Left for page headers, level headers and run headers. */
const pageReserveBytes = 32 * 1024;
/** Smaller pages than this compress badly: rather look at the size more often. */
const pageBytesWanted = 448 * 1024;
const pageBytesLeast = 64 * 1024;
const levelBytesMax = 256 * 1024;

/** How the writer is to be set so that no page and no row group of this content passes its limit. */
export interface PageLimits {
  readonly rowsPerGroup: number;
  readonly writeBatchSize: number;
  /** For data pages and dictionary pages. */
  readonly pageBytes: number;
}

/** One Parquet column of one batch: how many bytes and levels its first rows hold, and its longest value and row. */
interface Leaf {
  readonly repeated: boolean;
  readonly levelBits: number;
  readonly longestValue: number;
  readonly longestRow: number;
  readonly bytesBefore: (row: number) => number;
  readonly levelsBefore: (row: number) => number;
}

/**
 * Limits for writing `batches` one after the other as one object. The writer looks at a page's size only between write
 * batches, and a write batch ends on a row's end; so a page may pass its set limit by one write batch of the longest
 * values (or by the longest list of a row). The limit is set that much lower, and the write batch made small enough.
 * Levels don't count for the writer: where lists are so many that they would fill a page, row groups are made smaller.
 */
export function planPages(batches: readonly RecordBatch[]): PageLimits {
  const measured = batches.map((batch) => ({ rows: batch.numRows, leaves: leavesOf(batch) }));
  let rowsPerGroup = rowGroupRowsMax;
  while (rowsPerGroup > 1 && !groupFits(measured, rowsPerGroup)) rowsPerGroup >>= 1;
  const levelBytes = Math.min(levelBytesMax, levelBytesOfPage(measured, rowsPerGroup));
  const room = pageBytesMax - pageReserveBytes - levelBytes;
  let writeBatchSize = writeBatchMax;
  while (writeBatchSize > 1 && room - overshoot(measured, writeBatchSize) < pageBytesWanted) writeBatchSize >>= 1;
  const pageBytes = Math.max(pageBytesLeast, room - overshoot(measured, writeBatchSize));
  return { rowsPerGroup, writeBatchSize, pageBytes };
}

interface Measured {
  readonly rows: number;
  readonly leaves: readonly Leaf[];
}

/** The most bytes that one write batch can add to a page or dictionary. */
function overshoot(batches: readonly Measured[], writeBatchSize: number): number {
  let most = 0;
  for (const { leaves } of batches) {
    for (const { repeated, longestValue, longestRow } of leaves) {
      const values = repeated ? (writeBatchSize - 1) * longestValue + longestRow : writeBatchSize * longestValue;
      most = Math.max(most, values);
    }
  }
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
  const span = Math.min(rowsPerGroup, pageRowsMax + writeBatchMax);
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
      return [bytesLeaf(data, { ...above, definitions }, rows)];
    default:
      return [fixedLeaf(data, { ...above, definitions }, rows)];
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

function bytesLeaf(data: Data, above: Above, rows: number): Leaf {
  const offsets = data.valueOffsets as Int32Array;
  let longestValue = 0;
  for (let i = 0; i < data.length; i++) longestValue = Math.max(longestValue, offsets[i + 1]! - offsets[i]!);
  const { starts } = above;
  const bytesBefore = (row: number) => {
    const element = starts === undefined ? row : starts[row]!;
    return offsets[element]! + lengthBytes * element;
  };
  return leafOf(above, rows, longestValue + lengthBytes, bytesBefore);
}

function fixedLeaf(data: Data, above: Above, rows: number): Leaf {
  const width = (data.values as Int32Array).BYTES_PER_ELEMENT;
  const bytes = Math.max(4, width);
  const { starts } = above;
  return leafOf(above, rows, bytes, (row) => bytes * (starts === undefined ? row : starts[row]!));
}

function leafOf(above: Above, rows: number, longestValue: number, bytesBefore: (row: number) => number): Leaf {
  const repeated = above.starts !== undefined;
  let longestRow = 0;
  if (repeated) {
    for (let row = 0; row < rows; row++) longestRow = Math.max(longestRow, bytesBefore(row + 1) - bytesBefore(row));
  }
  const levelBits = bitsFor(above.definitions) + bitsFor(above.repetitions);
  return { repeated, levelBits, longestValue, longestRow, bytesBefore, levelsBefore: above.levelsBefore };
}

function bitsFor(level: number): number {
  return 32 - Math.clz32(level);
}
