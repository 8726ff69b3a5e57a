export {
  earlierGenerationsMax,
  end,
  move,
  type RegisterRequest,
  register,
  sameDestination,
  setPaused,
} from './changes.ts';
export { createRedisStore } from './ioredis.ts';
export type { RedisOptions } from './ioredis-connection.ts';
export { createRedisRequests } from './ioredis-requests.ts';
export { decodeChange, encodeChange, type JournalChange, journalKey, UnreadableJournal } from './journal.ts';
export { createMemoryStore, MemoryStore } from './memory.ts';
export { MemoryRequests } from './memory-requests.ts';
export { createMirror, type Mirror, type MirrorOptions, vanishedMax } from './mirror.ts';
export type { RequestCount, RequestStore } from './requests.ts';
export {
  destinationName,
  type Registrations,
  type Snapshot,
  type StoreLock,
  type SubscriptionStore,
} from './subscriptions.ts';
