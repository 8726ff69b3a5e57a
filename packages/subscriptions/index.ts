export {
  earlierGenerationsMax,
  end,
  move,
  type RegisterRequest,
  register,
  sameDestination,
  setPaused,
  supersededKeptMs,
  TooManyGenerations,
} from './changes.ts';
export { isRevival, isStray, JournalFold, type PlacedChange, putRight } from './fold.ts';
export { createRedisStore } from './ioredis.ts';
export type { RedisOptions } from './ioredis-connection.ts';
export { createRedisRequests } from './ioredis-requests.ts';
export {
  decodeChange,
  decodeEntry,
  type EncodedChange,
  encodeChange,
  type JournalChange,
  type JournalEntry,
  journalKey,
  UnreadableJournal,
} from './journal.ts';
export {
  decodeKnown,
  encodeKnown,
  isMassLoss,
  type Known,
  knownAt,
  readKnown,
  refuseMassLoss,
  vanishedMax,
} from './known.ts';
export { createMemoryStore, MemoryStore } from './memory.ts';
export { MemoryRequests } from './memory-requests.ts';
export { createMirror, type Mirror, type MirrorOptions } from './mirror.ts';
export type { RequestCount, RequestStore } from './requests.ts';
export {
  destinationName,
  type Registrations,
  type Snapshot,
  type StoreLock,
  type SubscriptionStore,
} from './subscriptions.ts';
