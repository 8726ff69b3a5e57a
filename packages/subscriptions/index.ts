export { earlierGenerationsMax, end, type RegisterRequest, register, sameDestination } from './changes.ts';
export { createRedisStore, type RedisOptions } from './ioredis.ts';
export { decodeChange, encodeChange, type JournalChange, journalKey, UnreadableJournal } from './journal.ts';
export { createMemoryStore, MemoryStore } from './memory.ts';
export { createMirror, type Mirror, type MirrorOptions, vanishedMax } from './mirror.ts';
export {
  destinationName,
  type Registrations,
  type Snapshot,
  type StoreLock,
  type SubscriptionStore,
} from './subscriptions.ts';
