/** Reads a record batch back as rows, for tests. */
import { type Data, DataType, type Field, type RecordBatch } from 'apache-arrow';

/** A row as the row interpreter makes it: absent columns have no key, times are ms, `unmapped` is an object. */
export function rowOf(batch: RecordBatch, row: number): Record<string, unknown> {
  return objectOf(batch.schema.fields, batch.data.children, row);
}

function objectOf(fields: readonly Field[], children: readonly Data[], row: number): Record<string, unknown> {
  const entries = fields.map((field, at) => [field.name, cellOf(children[at]!, row)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function cellOf(data: Data, row: number): unknown {
  if (!data.getValid(row)) return undefined;
  const { type } = data;
  if (DataType.isDictionary(type)) {
    const own = data.dictionary!.data[0]!;
    return DataType.isUtf8(own.type) ? textOf(own, data.values[row]) : cellOf(own, data.values[row]);
  }
  if (DataType.isStruct(type)) return objectOf(type.children, data.children, row);
  if (DataType.isList(type) || DataType.isMap(type)) {
    const { valueOffsets, children } = data;
    const items = [];
    for (let at = valueOffsets[row]!; at < valueOffsets[row + 1]!; at++) items.push(cellOf(children[0]!, at));
    return DataType.isMap(type) ? mapOf(items as { key: string; value: string }[]) : items;
  }
  if (DataType.isBool(type)) return ((data.values[row >> 3]! >> (row & 7)) & 1) === 1;
  return Number(data.values[row]);
}

/** Arrow's own decoder swallows a byte order mark. */
function textOf({ values, valueOffsets }: Data, at: number): string {
  return Buffer.from(values.buffer, values.byteOffset).toString('utf8', valueOffsets[at], valueOffsets[at + 1]);
}

function mapOf(entries: readonly { readonly key: string; readonly value: string }[]): Record<string, string> {
  const map: Record<string, string> = Object.create(null);
  for (const { key, value } of entries) map[key] = value;
  return map;
}
