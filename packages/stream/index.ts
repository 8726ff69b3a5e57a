export { type ConfluentRegistryOptions, createConfluentRegistry } from './confluent-schema-registry.ts';
export { createKafkajsStream, type KafkajsOptions } from './kafkajs.ts';
export type { KafkaConnection, StreamLog } from './kafkajs-client.ts';
export { createMemoryStream, MemoryBroker } from './memory.ts';
export { MemoryRegistry } from './memory-registry.ts';
export { partitionKey } from './partition-cursor.ts';
export type * from './schema-registry.ts';
export type * from './stream.ts';
export { WatchedMember, type WatchOptions } from './watched-member.ts';
