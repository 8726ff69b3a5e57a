export type { Lake, PutAnswer, PutRequest } from './lake.ts';
export { type EncodedObject, type EncodeRequest, EncoderBroken, encodeObject } from './parquet-wasm.ts';
