import { randomUUID } from 'node:crypto';
import { redisKeys } from '@tributary/schemas/redis/keys.ts';
import type { PlacedChange } from './fold.ts';
import type { JournalChange } from './journal.ts';
import { beginRebuildScript, fillScript, finishRebuildScript } from './redis-scripts.ts';
import { destinationName } from './subscriptions.ts';

const rebuildLeaseMs = 10_000;
/** Fields written by one script, so that no script keeps Redis busy for long. */
const fieldsPerFill = 250;
const {
  registrations,
  changedAt,
  destinations,
  apiKeys,
  version: versionKey,
  changes,
  sentinel,
  rebuildLock,
} = redisKeys;

/** Runs a Lua script in Redis. */
export type RunScript = (text: string, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** The id in the stream of changes of the journal offset `offset`; offset -1 must not become the forbidden id 0-0. */
export const changeId = (offset: number): string => `${offset + 1}-1`;

/** Builds Redis anew in small parts behind a lock, the sentinel last; see `SubscriptionStore.rebuild`. */
export async function rebuildRedis(
  script: RunScript,
  all: readonly PlacedChange[],
  version: number,
  force: boolean,
): Promise<'rebuilt' | 'busy' | 'newer'> {
  const token = randomUUID();
  const begin = [rebuildLock, sentinel, versionKey, registrations, changedAt, destinations, changes, apiKeys];
  const begun = await script(beginRebuildScript, begin, [token, rebuildLeaseMs, version, force ? '1' : '']);
  if (begun === 'busy' || begun === 'newer') return begun;
  let parts = 0;
  for (const [key, fields] of fieldsByKey(all, version)) {
    for (let from = 0; from < fields.length; from += 2 * fieldsPerFill) {
      const part = fields.slice(from, from + 2 * fieldsPerFill);
      const filled = await script(fillScript, [rebuildLock, key], [token, rebuildLeaseMs, parts, ...part]);
      if (filled === 'lost') return 'busy';
      parts += 1;
    }
  }
  const finish = [rebuildLock, versionKey, changes, sentinel];
  const finished = await script(finishRebuildScript, finish, [token, version, changeId(version), parts]);
  return finished === 'rebuilt' ? 'rebuilt' : 'busy';
}

/** Hash, field and value of a change. */
export function fieldOf(change: JournalChange): [key: string, field: string, value: string] {
  return change.kind === 'api-key'
    ? [apiKeys, change.record.id, JSON.stringify(change.record)]
    : [registrations, change.record.registration, JSON.stringify(change.record)];
}

/** Hash, field and value of the destination that a change holds, if it holds one. */
export function heldBy(change: JournalChange): [key: string, field: string, value: string] | undefined {
  if (change.kind === 'api-key' || change.record.state === 'ended') return undefined;
  return [destinations, destinationName(change.record.destination), change.record.registration];
}

/** The offset of a registration's last change; the version, which is never too early, where it isn't known. */
function changedAtOf(change: PlacedChange, version: number): [key: string, field: string, value: string] | undefined {
  if (change.kind === 'api-key') return undefined;
  return [changedAt, change.record.registration, String(change.offset ?? version)];
}

function fieldsByKey(all: readonly PlacedChange[], version: number): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const change of all) {
    for (const entry of [fieldOf(change), heldBy(change), changedAtOf(change, version)]) {
      if (entry === undefined) continue;
      const [key, field, value] = entry;
      const list = fields.get(key) ?? [];
      if (list.length === 0) fields.set(key, list);
      list.push(field, value);
    }
  }
  return fields;
}
