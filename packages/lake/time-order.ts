/** Rows by event time; `earliest` and `latest` in ms since the epoch. */
export interface TimeOrder {
  readonly source: Uint32Array;
  readonly row: Int32Array;
  readonly earliest: number;
  readonly latest: number;
}

/** Rows that one sort key can tell apart: the time's ms and the row share the 53 bits of a double. */
const rowsInKey = 2 ** 24;

/**
 * The rows `row[i]` of `times[source[i]]` sorted by time. Stable: rows of one time keep their order, so the same rows
 * always make the same object. Times are whole ms that a double holds.
 */
export function inTimeOrder(times: readonly BigInt64Array[], source: Uint32Array, row: Int32Array): TimeOrder {
  const halves = times.map((values) => new Int32Array(values.buffer, values.byteOffset, values.length * 2));
  const n = row.length;
  const at = new Float64Array(n);
  let [earliest, latest, sorted] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let i = 0; i < n; i++) {
    const half = halves[source[i]!]!;
    const time = half[2 * row[i]! + 1]! * 2 ** 32 + (half[2 * row[i]!]! >>> 0);
    at[i] = time;
    sorted &&= time >= latest;
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  if (sorted) return { source, row, earliest, latest };
  const order = orderOf(at, earliest, latest);
  const sortedSource = new Uint32Array(n);
  const sortedRow = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    sortedSource[i] = source[order[i]!]!;
    sortedRow[i] = row[order[i]!]!;
  }
  return { source: sortedSource, row: sortedRow, earliest, latest };
}

function orderOf(times: Float64Array, earliest: number, latest: number): Uint32Array {
  const n = times.length;
  if (n > rowsInKey || latest - earliest >= Number.MAX_SAFE_INTEGER / rowsInKey - 1) {
    return Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  }
  // One number per row, time before position: sorting numbers is several times quicker than a comparison function.
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) keys[i] = (times[i]! - earliest) * rowsInKey + i;
  keys.sort();
  return Uint32Array.from(keys, (key) => key % rowsInKey);
}
