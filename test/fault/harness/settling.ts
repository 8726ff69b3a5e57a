import { setTimeout as pause } from 'node:timers/promises';
import { pausesOf } from '@tributary/flusher/parking/pauses.ts';
import { parkedRoot } from '@tributary/schemas/lake/parked-key.ts';
import { pauseMsMax } from '@tributary/stream/partition-cursor.ts';
import type { Acting } from './acting.ts';
import { unseenAllowedMs } from './figures.ts';
import { allRecords, rejections } from './kafka-evidence.ts';
import type { Lakes } from './lakes.ts';
import type { Producer } from './producer.ts';
import type { RunOptions } from './run.ts';
import type { LoggedRecord } from './verdict.ts';
import type { World } from './world.ts';

/** What a run is, while it settles. */
export interface Settling {
  readonly world: World;
  readonly acting: Acting;
  readonly producer: Producer;
  readonly lakes: Lakes;
}

/** For how long events were missing after everything was healed and the last had been sent, and what that may be; ms. */
export interface Unseen {
  readonly ms: number;
  readonly allowedMs: number;
}

const lookEveryMs = 2_000;

/** Waits until nothing is missing, then for more than a window, with which a row too many would come. */
export async function untilSettled(
  { world, acting, producer, lakes }: Settling,
  options: Pick<RunOptions, 'signal' | 'onNotice' | 'windowSeconds' | 'sessionSeconds' | 'settleSeconds'> & {
    readonly healedAt: number;
  },
): Promise<Unseen> {
  const { signal, onNotice, healedAt } = options;
  const records = [...acting.kept, ...(await allRecords(world.stream, acting.incarnations))];
  const from = records.reduce((newest, { appendedAt }) => Math.max(newest, appendedAt), healedAt);
  const deadline = Date.now() + options.settleSeconds * 1000;
  let missing: LoggedRecord[];
  for (;;) {
    signal.throwIfAborted();
    await lakes.look();
    const refused = new Set((await rejections(world.stream, acting.incarnations)).map(({ source }) => source));
    const seen = new Set(lakes.rows.map(({ uuid }) => uuid));
    missing = records.filter(({ uuid, source }) => {
      const event = producer.sent.get(uuid);
      if (event === undefined || seen.has(uuid) || refused.has(source)) return false;
      return event.fate === 'rejected' || world.isRegistered(event.account, event.eventClass);
    });
    if (missing.length === 0 || Date.now() > deadline) break;
    onNotice(`${missing.length} of ${records.length} events are missing`);
    await pause(lookEveryMs, undefined, { signal });
  }
  const last = missing.length > 0 ? Date.now() : lastCreatedAt(world);
  const windowMs = options.windowSeconds * 1000;
  await pause(2 * windowMs, undefined, { signal });
  await lakes.look();
  const sessionMs = options.sessionSeconds * 1000;
  const redeliveryPauseMs = hasParked(world) ? pausesOf(windowMs).longestMs : 0;
  const allowedMs = unseenAllowedMs({ windowMs, sessionMs, retryPauseMs: pauseMsMax, redeliveryPauseMs });
  return { ms: Math.max(0, last - from), allowedMs };
}

function lastCreatedAt({ lakeFaults: { puts }, customers }: World): number {
  const lakes = new Set(customers.map(({ bucketName }) => bucketName));
  return puts.findLast(({ bucketName, status }) => status === 200 && lakes.has(bucketName))?.at ?? 0;
}

const hasParked = ({ lakeFaults: { puts }, endpoints: { parkingBucket } }: World) =>
  puts.some(({ bucketName, key }) => bucketName === parkingBucket && key.startsWith(parkedRoot));
