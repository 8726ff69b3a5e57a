export { type AwsProberOptions, createAwsProber } from './aws-probe.ts';
export { type AwsLakeOptions, createAwsLake } from './aws-s3.ts';
export type { Lake, PutAnswer, PutRequest } from './lake.ts';
export { createMemoryLake, type Held, type MemoryLake } from './memory.ts';
export { putWithRetry, type RetryOptions } from './p-retry.ts';
export {
  type EncodedObject,
  type EncodeRequest,
  EncoderBroken,
  encodeObject,
  type OpenMessage,
  openMessage,
} from './parquet-wasm.ts';
export { type Probe, type ProbeOutcome, type Prober, patienceMsDefault } from './probe.ts';
export { createMemoryProber, type MemoryProber } from './probe-memory.ts';
export { pauseBeforeRetry, retryBudgetMs } from './retry.ts';
