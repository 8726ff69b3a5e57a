import {
  type Data,
  DataType,
  type Dictionary,
  type Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Type,
} from 'apache-arrow';
import { gatherBits, gatherBytes, gatherFixed } from './gather-values.ts';
import { type Allowance, asPicks, masked, offsetsOf, type Picks, TooLarge, validityOf } from './picks.ts';
import { columnsOf } from './same-columns.ts';
import { writtenField } from './written-field.ts';

/**
 * Copies the chosen rows of `batches` into one new record batch of the columns `columns`: all have these, alike but for
 * their order and dictionaries (see `refuseOtherColumns`). `undefined` when they hold more than `bytesMax`, unless a single row is asked for.
 *
 * Works on Arrow's buffers column by column. Each buffer of the result is memory of its own: Arrow's writer drops bytes
 * where two columns share a buffer. Rows below a null struct or list become nulls without bytes, whatever the source
 * holds there. Dictionaries are spelled out.
 */
export function gatherRows(
  batches: readonly RecordBatch[],
  columns: readonly string[],
  source: Uint32Array,
  row: Int32Array,
  bytesMax: number,
): RecordBatch | undefined {
  const picks = asPicks(source, row);
  const allowance = { bytes: row.length > 1 ? bytesMax : Number.POSITIVE_INFINITY };
  const schemas = batches.map(({ schema }) => schema);
  const fields: Field[] = [];
  const children: Data[] = [];
  try {
    for (const name of columns) {
      const places = schemas.map((schema) => columnsOf(schema).get(name)!.at);
      const field = writtenField(schemas[0]!.fields[places[0]!]!);
      fields.push(field);
      const sources = batches.map((batch, at) => batch.data.children[places[at]!]!);
      children.push(gather(field.type, sources, picks, allowance));
    }
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: row.length, nullCount: 0, children }),
  );
}

function gather(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  if (sources.some((data) => DataType.isDictionary(data.type))) return gatherCodes(type, sources, picks, allowance);
  switch (type.typeId) {
    case Type.Utf8:
    case Type.Binary:
      return gatherBytes(type, sources, picks, allowance);
    case Type.Bool:
      return gatherBits(type, sources, picks);
    case Type.Int:
    case Type.Float:
    case Type.Timestamp:
    case Type.Date:
      return gatherFixed(type, sources, picks);
    case Type.Struct:
      return gatherStruct(type, sources, picks, allowance);
    case Type.List:
    case Type.Map:
      return gatherList(type, sources, picks, allowance);
    default:
      throw new TypeError(`a column of type ${type} cannot be delivered`);
  }
}

function gatherStruct(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const validity = validityOf(sources, picks);
  const below = validity.nullBitmap === null ? picks : masked(picks, validity.nullBitmap);
  const children = (type.children as Field[]).map((field, at) =>
    gather(
      field.type,
      sources.map((data) => data.children[at]!),
      below,
      allowance,
    ),
  );
  return makeData({ type, length: picks.row.length, ...validity, children } as never);
}

function gatherList(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const n = picks.row.length;
  const validity = validityOf(sources, picks);
  const starts = sources.map((data) => data.valueOffsets as Int32Array);
  const valueOffsets = offsetsOf(starts, picks, validity, allowance);
  const source = new Uint32Array(valueOffsets[n]!);
  const row = new Int32Array(valueOffsets[n]!);
  for (let i = 0; i < n; i++) {
    const from = picks.source[i]!;
    let element = valueOffsets[i] === valueOffsets[i + 1] ? 0 : starts[from]![picks.row[i]!]!;
    for (let at = valueOffsets[i]!; at < valueOffsets[i + 1]!; at++) {
      source[at] = from;
      row[at] = element++;
    }
  }
  const child = gather(
    type.children[0]!.type,
    sources.map((data) => data.children[0]!),
    asPicks(source, row),
    allowance,
  );
  return makeData({ type, length: n, ...validity, valueOffsets, child } as never);
}

/**
 * A dictionary column: its codes become picks of its dictionary, whose pieces are the sources. A message may have the column
 * without a dictionary: then it is such a piece itself.
 */
function gatherCodes(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const pieces: Data[] = [];
  const codes: (ArrayLike<number> | undefined)[] = [];
  const firstPiece = sources.map((data) => {
    const first = pieces.length;
    const isCoded = DataType.isDictionary(data.type);
    pieces.push(...(isCoded ? (data as Data<Dictionary>).dictionary!.data : [data]));
    codes.push(isCoded ? data.values : undefined);
    return first;
  });
  const { nullBitmap } = validityOf(sources, picks);
  const source = new Uint32Array(picks.row.length);
  const row = new Int32Array(picks.row.length).fill(-1);
  for (let i = 0; i < row.length; i++) {
    if (nullBitmap !== null && ((nullBitmap[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    const from = picks.source[i]!;
    let piece = firstPiece[from]!;
    let code = codes[from] === undefined ? picks.row[i]! : Number(codes[from][picks.row[i]!]);
    while (code >= pieces[piece]!.length) code -= pieces[piece++]!.length;
    source[i] = piece;
    row[i] = code;
  }
  return gather(type, pieces, { source, row, run: false }, allowance);
}
