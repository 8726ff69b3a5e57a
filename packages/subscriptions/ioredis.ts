import { randomUUID } from 'node:crypto';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { type ApiKeyRecord, changesKept, redisKeys, registrationLockKey } from '@tributary/schemas/redis/keys.ts';
import {
  type Destination,
  type RegistrationId,
  type RegistrationRecord,
  registrationId,
} from '@tributary/schemas/registration.ts';
import type { ChainableCommander, Redis } from 'ioredis';
import type { PlacedChange } from './fold.ts';
import {
  commandTimeoutMs,
  connectionCounter,
  connectRedis,
  type RedisOptions,
  ready,
  unavailable,
} from './ioredis-connection.ts';
import { holdersBelow } from './ioredis-destinations.ts';
import { changeId, fieldOf, heldBy, type RunScript, rebuildRedis } from './ioredis-rebuild.ts';
import type { JournalChange } from './journal.ts';
import { applyScript, releaseScript } from './redis-scripts.ts';
import {
  destinationName,
  type JournalPosition,
  outerDestinations,
  type Snapshot,
  type StoreLock,
  type SubscriptionStore,
} from './subscriptions.ts';

/** Fields read by one command. */
const pageFields = 2_000;
const { registrations, changedAt, destinations, apiKeys, version: versionKey, changes, sentinel } = redisKeys;
const applyKeys = [sentinel, versionKey, registrations, destinations, changes, apiKeys, changedAt];

const offsetOfChange = (id: string): number => Number(id.slice(0, id.indexOf('-'))) - 1;

/**
 * The store in Redis 6.2 or later. It connects by itself and again after every loss; a command answers, or is refused
 * with `subscriptions-unavailable`, within about twice `commandTimeoutMs` (1 s). `onError` hears of connection trouble.
 */
export function createRedisStore(options: RedisOptions, onError: (error: Error) => void = () => {}): SubscriptionStore {
  const redis = connectRedis(options);
  redis.on('error', onError);
  return new RedisStore(redis, options.commandTimeoutMs ?? commandTimeoutMs);
}

class RedisStore implements SubscriptionStore {
  readonly #redis: Redis;
  readonly #timeoutMs: number;
  /** A connection that owes an answer is given up, so that no late answer can be taken for that of a later command. */
  #givenUp = false;
  readonly #connections: () => number;

  constructor(redis: Redis, timeoutMs: number) {
    this.#redis = redis;
    this.#timeoutMs = timeoutMs;
    this.#connections = connectionCounter(redis);
    redis.on('close', () => {
      this.#givenUp = false;
    });
  }

  async #run<T>(command: () => Promise<T>): Promise<T> {
    const redis = this.#redis;
    try {
      if (redis.status !== 'ready' || this.#givenUp) await ready(redis, this.#timeoutMs);
      return await command();
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      if (!this.#givenUp && redis.status === 'ready' && (cause as Error).message === 'Command timed out') {
        this.#givenUp = true;
        redis.disconnect(true);
      }
      throw unavailable(cause as Error);
    }
  }

  readonly #script: RunScript = (text, keys, args) =>
    this.#run(() => this.#redis.eval(text, keys.length, ...keys, ...args));

  /** Reads in one MULTI with sentinel and version, and answers only when Redis is whole. */
  #readWhole(add: (multi: ChainableCommander) => ChainableCommander) {
    return this.#run(async () => {
      const replies = (await add(this.#redis.multi().get(sentinel).get(versionKey)).exec()) ?? [];
      const failed = replies.find(([error]) => error !== null);
      if (failed) throw failed[0];
      const [mark, version, ...rest] = replies.map(([, value]) => value);
      if (typeof mark !== 'string' || typeof version !== 'string') throw new Fault('subscriptions-not-whole');
      return { mark, version: Number(version), replies: rest };
    });
  }

  async version(): Promise<number> {
    return (await this.#readWhole((multi) => multi)).version;
  }

  /**
   * In pages, so that no number of registrations is too many for one command. What changed meanwhile stands in the
   * changes since the version at the start; a rebuild in between leaves another mark, and then it is read again.
   */
  async readAll(): Promise<Snapshot> {
    for (;;) {
      const before = await this.#readWhole((multi) => multi);
      const records = await this.#scan();
      const changed = await this.changesSince(before.version);
      const after = await this.#readWhole((multi) => multi);
      if (changed === 'too-far-behind' || after.mark !== before.mark) continue;
      for (const record of changed.records) records.set(record.registration, record);
      return { version: changed.version, records: [...records.values()] };
    }
  }

  async #scan(): Promise<Map<RegistrationId, RegistrationRecord>> {
    const records = new Map<RegistrationId, RegistrationRecord>();
    let cursor = '0';
    do {
      const [next, fields] = await this.#run(() => this.#redis.hscan(registrations, cursor, 'COUNT', pageFields));
      for (let at = 1; at < fields.length; at += 2) {
        const record = parseRecord(fields[at]!);
        records.set(record.registration, record);
      }
      cursor = next;
    } while (cursor !== '0');
    return records;
  }

  async changesSince(version: number): Promise<Snapshot | 'too-far-behind'> {
    const after = `(${changeId(version)}`;
    const read = await this.#readWhole((multi) =>
      multi.xrange(changes, '-', '+', 'COUNT', 1).xrange(changes, after, '+'),
    );
    return changesOf(version, read.version, read.replies as [StreamEntry[], StreamEntry[]]);
  }

  async registration(id: RegistrationId): Promise<RegistrationRecord | undefined> {
    const { replies } = await this.#readWhole((multi) => multi.hget(registrations, id));
    return parseOptional<RegistrationRecord>(replies[0]);
  }

  async registrationsOf(account: string): Promise<RegistrationRecord[]> {
    const ids = eventClassNames.map((eventClass) => registrationId(account, eventClass));
    const { replies } = await this.#readWhole((multi) => multi.hmget(registrations, ...ids));
    return (replies[0] as (string | null)[]).flatMap((text) => (text === null ? [] : parseRecord(text)));
  }

  async holderOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId | undefined> {
    const { replies } = await this.#readWhole((multi) => multi.hget(destinations, destinationName(destination)));
    return (replies[0] as RegistrationId | null) ?? undefined;
  }

  async nestedHoldersOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId[]> {
    const before = await this.#readWhole((multi) => multi.hmget(destinations, ...outerDestinations(destination)));
    const inner = await this.#run(() => holdersBelow(this.#redis, destination));
    const after = await this.#readWhole((multi) => multi);
    if (after.mark !== before.mark) throw new Fault('subscriptions-not-whole', 'it was rebuilt meanwhile');
    const outer = (before.replies[0] as (RegistrationId | null)[]).filter((holder) => holder !== null);
    return [...new Set([...outer, ...inner])];
  }

  async apiKey(id: string): Promise<ApiKeyRecord | undefined> {
    const { replies } = await this.#readWhole((multi) => multi.hget(apiKeys, id));
    return parseOptional<ApiKeyRecord>(replies[0]);
  }

  async apply(
    { after, offset, decidedAt }: JournalPosition & { readonly decidedAt?: number },
    change: JournalChange,
  ): Promise<'applied' | 'stray'> {
    const [, field, text] = fieldOf(change);
    const held = heldBy(change)?.[1] ?? '';
    const placed = change.kind === 'registration' && held !== '' && decidedAt !== undefined ? change.record : undefined;
    const nested = placed !== undefined && (await this.#takesNested({ after, offset }, placed)) ? '1' : '';
    const args = [
      after,
      offset,
      change.kind,
      field,
      text,
      held,
      changeId(offset),
      changesKept,
      decidedAt ?? '',
      nested,
    ];
    const answer = await this.#script(applyScript, applyKeys, args);
    if (answer === 'not-whole') throw new Fault('subscriptions-not-whole', `record ${offset} after ${after} refused`);
    return answer === 'stray' ? 'stray' : 'applied';
  }

  /**
   * Whether the record takes a free place in or around those of others. Looked up beside the script, page by page; nothing
   * but this record can be applied in between, because the store is at `after`, or the script does nothing.
   */
  async #takesNested({ after, offset }: JournalPosition, record: RegistrationRecord): Promise<boolean> {
    const { destination, registration } = record;
    const { version, replies } = await this.#readWhole((multi) =>
      multi.hget(destinations, destinationName(destination)),
    );
    if (version < after) throw new Fault('subscriptions-not-whole', `at ${version}, not ${after}`);
    if (version >= offset || replies[0] !== null) return false;
    return (await this.nestedHoldersOf(destination)).some((holder) => holder !== registration);
  }

  async skip({ after, offset }: JournalPosition): Promise<void> {
    const answer = await this.#script(applyScript, applyKeys, [after, offset, 'skip']);
    if (answer === 'not-whole') throw new Fault('subscriptions-not-whole', `record ${offset} after ${after} refused`);
  }

  rebuild(
    all: readonly PlacedChange[],
    version: number,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<'rebuilt' | 'busy' | 'newer'> {
    return rebuildRedis(this.#script, all, version, force);
  }

  async count(): Promise<{ version: number; registrations: number }> {
    const { version, replies } = await this.#readWhole((multi) => multi.hlen(registrations));
    return { version, registrations: replies[0] as number };
  }

  async lock(name: string, leaseMs: number): Promise<StoreLock | undefined> {
    const key = registrationLockKey(name);
    const token = randomUUID();
    const taken = await this.#run(() => this.#redis.set(key, token, 'PX', leaseMs, 'NX'));
    if (taken === null) return undefined;
    return {
      release: async () => {
        await this.#script(releaseScript, [key], [token]);
      },
    };
  }

  connections(): number {
    return this.#connections();
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}

type StreamEntry = [id: string, fields: string[]];

function changesOf(
  asked: number,
  version: number,
  [first, later]: [StreamEntry[], StreamEntry[]],
): Snapshot | 'too-far-behind' {
  if (version < asked) throw new Fault('subscriptions-not-whole', `Redis went back from ${asked} to ${version}`);
  const oldest = first[0];
  if (oldest === undefined || offsetOfChange(oldest[0]) > asked) return 'too-far-behind';
  const records = later.filter(([, [name]]) => name === 'record').map(([, [, text]]) => parseRecord(text as string));
  return { version, records };
}

const parseRecord = (text: string): RegistrationRecord => JSON.parse(text) as RegistrationRecord;
const parseOptional = <T>(text: unknown): T | undefined =>
  typeof text === 'string' ? (JSON.parse(text) as T) : undefined;
