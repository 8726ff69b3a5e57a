export { createKafkajsStream, type KafkajsOptions } from './kafkajs.ts';
export type { KafkaConnection, StreamLog } from './kafkajs-client.ts';
export { createMemoryStream, MemoryBroker } from './memory.ts';
export { partitionKey } from './partition-cursor.ts';
export type * from './stream.ts';
