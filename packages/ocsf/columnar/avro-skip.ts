import type { AvroType } from './avro-type.ts';

/** The answer of a skip: there is no whole, well formed value here that we know how to read. */
export const unreadable = -1;

/**
 * The byte behind the value at `at`, or `unreadable`. A value that is read ends at or before `end`. Numbers that are
 * written longer than they need be, or lists longer than a record can be, are not read.
 */
export function skipValue(type: AvroType, bytes: Uint8Array, at: number, end: number): number {
  switch (type.kind) {
    case 'null':
      return at;
    case 'boolean':
      return within(at + 1, end);
    case 'int':
      return skipVarint(bytes, at, end, 5);
    case 'long':
      return skipVarint(bytes, at, end, 10);
    case 'float':
      return within(at + 4, end);
    case 'double':
      return within(at + 8, end);
    case 'fixed':
      return within(at + type.size, end);
    case 'string':
    case 'bytes':
      return skipBytes(bytes, at, end);
    case 'enum':
      return skipEnum(type, bytes, at, end);
    case 'array':
    case 'map':
      return skipBlocks(type, bytes, at, end);
    case 'record':
      return skipFields(type, bytes, at, end);
    case 'union':
      return skipBranch(type, bytes, at, end);
  }
}

function within(at: number, end: number): number {
  return at <= end ? at : unreadable;
}

function skipVarint(bytes: Uint8Array, at: number, end: number, lengthMax: number): number {
  let p = at;
  const last = at + lengthMax;
  while (p < last && bytes[p]! > 127) p++;
  const length = p + 1 - at;
  // The tenth byte of a long has one bit left.
  if (length > lengthMax || (length === 10 && bytes[p]! > 1)) return unreadable;
  return within(p + 1, end);
}

/** A text or bytes: a length that a message can have, and so many bytes. */
function skipBytes(bytes: Uint8Array, at: number, end: number): number {
  const behind = skipVarint(bytes, at, end, 3);
  if (behind === unreadable) return unreadable;
  const length = smallAt(bytes, at);
  return length < 0 ? unreadable : within(behind + length, end);
}

/** A varint of at most three bytes. */
function smallAt(bytes: Uint8Array, at: number): number {
  let unsigned = bytes[at]!;
  if (unsigned > 127) {
    unsigned = (unsigned & 127) | (bytes[at + 1]! << 7);
    if (bytes[at + 1]! > 127) unsigned = (unsigned & 16383) | (bytes[at + 2]! << 14);
  }
  return (unsigned >>> 1) ^ -(unsigned & 1);
}

function skipEnum(type: AvroType & { kind: 'enum' }, bytes: Uint8Array, at: number, end: number): number {
  const behind = skipVarint(bytes, at, end, 3);
  return behind !== unreadable && type.symbols[smallAt(bytes, at)] !== undefined ? behind : unreadable;
}

function skipBlocks(type: AvroType & { kind: 'array' | 'map' }, bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  for (;;) {
    const behind = skipVarint(bytes, p, end, 3);
    if (behind === unreadable) return unreadable;
    const count = smallAt(bytes, p);
    p = behind;
    if (count === 0) return p;
    if (count < 0) p = skipVarint(bytes, p, end, 5);
    for (let item = Math.abs(count); item > 0 && p !== unreadable; item--) {
      if (type.kind === 'map') p = skipBytes(bytes, p, end);
      if (p !== unreadable) p = skipValue(type.items, bytes, p, end);
    }
    if (p === unreadable) return unreadable;
  }
}

function skipFields(type: AvroType & { kind: 'record' }, bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  for (const field of type.fields) {
    p = skipValue(field.type, bytes, p, end);
    if (p === unreadable) return unreadable;
  }
  return p;
}

function skipBranch(type: AvroType & { kind: 'union' }, bytes: Uint8Array, at: number, end: number): number {
  const behind = skipVarint(bytes, at, end, 1);
  if (behind === unreadable) return unreadable;
  const branch = type.branches[smallAt(bytes, at)];
  return branch === undefined ? unreadable : skipValue(branch, bytes, behind, end);
}
