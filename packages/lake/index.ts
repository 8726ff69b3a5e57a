export { type AwsParkingOptions, createAwsParking } from './aws-parking.ts';
export { type AwsProberOptions, createAwsProber } from './aws-probe.ts';
export { type AwsLakeOptions, createAwsLake } from './aws-s3.ts';
export { type Lake, type PutAnswer, type PutRequest, refusedForCertain } from './lake.ts';
export { createMemoryLake, type Held, type MemoryLake } from './memory.ts';
export { createPlaces, type Places, type PlacesOptions } from './p-limit.ts';
export { putWithRetry, type RetryOptions } from './p-retry.ts';
export type { ParkedEntry, Parking, ParkRequest, VersionedNote } from './parking.ts';
export { createMemoryParking, type MemoryParking } from './parking-memory.ts';
export {
  type EncodedObject,
  type EncodeRequest,
  EncoderBroken,
  encodeObject,
  type OpenMessage,
  openMessage,
} from './parquet-wasm.ts';
export { Patience, type PatienceLimits } from './patience.ts';
export { type Probe, type ProbeOutcome, type Prober, patienceMsDefault } from './probe.ts';
export { createMemoryProber, type MemoryProber } from './probe-memory.ts';
export { pauseBeforeRetry, retryBudgetMs, windowBudgetMs } from './retry.ts';
export { OtherColumns } from './same-columns.ts';
