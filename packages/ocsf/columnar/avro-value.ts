import type { AvroType } from './avro-type.ts';

/** Where a value is read. */
export interface AvroCursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  at: number;
}

/**
 * The value at the cursor as avsc decodes it, with longs that JavaScript doesn't hold as bigints. The bytes must have been
 * found whole and well formed before.
 */
export function avroValue(type: AvroType, cursor: AvroCursor): unknown {
  switch (type.kind) {
    case 'null':
      return null;
    case 'boolean':
      return cursor.bytes[cursor.at++] !== 0;
    case 'int':
      return smallVarint(cursor);
    case 'long':
      return exactLong(cursor);
    case 'float':
      return cursor.view.getFloat32(taken(cursor, 4), true);
    case 'double':
      return cursor.view.getFloat64(taken(cursor, 8), true);
    case 'string':
      return textAt(cursor);
    case 'enum':
      return type.symbols[smallVarint(cursor)];
    case 'bytes':
      return bytesAt(cursor, smallVarint(cursor));
    case 'fixed':
      return bytesAt(cursor, type.size);
    case 'array':
      return listAt(type.items, cursor);
    case 'map':
      return mapAt(type.items, cursor);
    case 'record':
      return Object.fromEntries(type.fields.map((field) => [field.name, avroValue(field.type, cursor)]));
    case 'union':
      return branchAt(type, cursor);
  }
}

/** A varint of at most five bytes. avsc doesn't cut an int down to 32 bits. */
export function smallVarint(cursor: AvroCursor): number {
  let unsigned = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = cursor.bytes[cursor.at++]!;
    unsigned += (byte & 127) * scale;
    if (byte < 128) return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2;
  }
}

function exactLong(cursor: AvroCursor): number | bigint {
  const { at } = cursor;
  const number = smallVarint(cursor);
  // Up to 2^52 every step of the sum above was exact.
  return Math.abs(number) < 2 ** 51 ? number : exactOf(longAt(cursor.bytes, at));
}

/** A number where that is exact. */
function exactOf(long: bigint): number | bigint {
  const number = Number(long);
  return Number.isSafeInteger(number) ? number : long;
}

/** The long that Avro writes as these two words. */
export function longOfWords(low: number, high: number): number | bigint {
  const unsigned = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return exactOf(BigInt.asIntN(64, (unsigned >> 1n) ^ -(unsigned & 1n)));
}

function longAt(bytes: Uint8Array, at: number): bigint {
  let unsigned = 0n;
  for (let p = at, shift = 0n; ; p++, shift += 7n) {
    const byte = bytes[p]!;
    unsigned |= BigInt(byte & 127) << shift;
    if (byte < 128) return BigInt.asIntN(64, (unsigned >> 1n) ^ -(unsigned & 1n));
  }
}

function taken(cursor: AvroCursor, length: number): number {
  const { at } = cursor;
  cursor.at += length;
  return at;
}

function textAt(cursor: AvroCursor): string {
  const length = smallVarint(cursor);
  const at = taken(cursor, length);
  return cursor.bytes.toString('utf8', at, at + length);
}

function bytesAt(cursor: AvroCursor, length: number): Buffer {
  const at = taken(cursor, length);
  return Buffer.from(cursor.bytes.subarray(at, at + length));
}

function listAt(items: AvroType, cursor: AvroCursor): unknown[] {
  const list: unknown[] = [];
  for (let count = blockAt(cursor); count !== 0; count = blockAt(cursor)) {
    for (let item = 0; item < count; item++) list.push(avroValue(items, cursor));
  }
  return list;
}

function mapAt(values: AvroType, cursor: AvroCursor): object {
  const map: Record<string, unknown> = {};
  for (let count = blockAt(cursor); count !== 0; count = blockAt(cursor)) {
    // A key `__proto__` sets the prototype here as it does in avsc.
    for (let item = 0; item < count; item++) map[textAt(cursor)] = avroValue(values, cursor);
  }
  return map;
}

/** How many items follow. A negative count has the block's bytes behind it, which nobody needs. */
function blockAt(cursor: AvroCursor): number {
  const count = smallVarint(cursor);
  if (count < 0) smallVarint(cursor);
  return Math.abs(count);
}

function branchAt(type: AvroType & { kind: 'union' }, cursor: AvroCursor): unknown {
  const branch = smallVarint(cursor);
  const value = avroValue(type.branches[branch]!, cursor);
  const wrapper = type.wrappers[branch];
  return wrapper === undefined || value === null ? value : { [wrapper]: value };
}
