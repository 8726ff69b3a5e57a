import avsc, { type Schema, type Type } from 'avsc';
import type { AvroDecoder } from './schema-registry.ts';

/** Avro's long without loss: a number where it is exact, a bigint beyond. avsc alone throws beyond ±(2^53 − 1). */
const exactLong = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer): number | bigint {
    const long = bytes.readBigInt64LE();
    const number = Number(long);
    return Number.isSafeInteger(number) ? number : long;
  },
  toBuffer(value: number | bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: (value: number | bigint) => value,
  toJSON: (value: number | bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** A `typeHook` of avsc that puts the exact long in the place of every long. */
export function exactLongs(schema: Schema): Type | undefined {
  const type = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : schema;
  return type === 'long' ? exactLong : undefined;
}

/** The decoder of a type that was made with `exactLongs`. */
export function avroDecoder(type: Type): AvroDecoder {
  const schema: unknown = type.schema({ exportAttrs: true });
  return Object.assign((bytes: Buffer) => type.fromBuffer(bytes) as object, { schema });
}
