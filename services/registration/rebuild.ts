import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Publisher, Stream } from '@tributary/stream';
import { decodeEntry, encodeChange, JournalFold, type SubscriptionStore } from '@tributary/subscriptions';

const partition = 0;

/** The journal, read whole: what it says, and its version (-1: it is empty). */
export interface ReadJournal {
  readonly fold: JournalFold;
  readonly version: number;
}

/** Reads the whole journal. Rejects at a record that it can't read. */
export async function readJournal(stream: Pick<Stream, 'read'>, signal?: AbortSignal): Promise<ReadJournal> {
  const fold = new JournalFold();
  const next = await stream.read({
    topic: registrationsTopic,
    partition,
    from: 0,
    ...(signal === undefined ? {} : { signal }),
    onRecord: (record) => fold.add(decodeEntry(record)),
  });
  signal?.throwIfAborted();
  return { fold, version: next - 1 };
}

/** Journals again what a stray record stands in front of: compaction would keep only the stray. */
export async function putStraysRight(fold: JournalFold, publisher: Pick<Publisher, 'publish'>): Promise<number> {
  const repairs = fold.repairs();
  for (const { change, decidedAt } of repairs)
    await publisher.publish([{ topic: registrationsTopic, partition, ...encodeChange(change, decidedAt) }]);
  return repairs.length;
}

/** How a Redis differs from the journal, by registration; both as of their own versions. */
export interface Difference {
  readonly missing: number;
  readonly different: number;
  readonly surplus: number;
}

/** Compares Redis with what the journal says; everything is missing where Redis isn't whole. */
export async function compare(fold: JournalFold, store: Pick<SubscriptionStore, 'readAll'>): Promise<Difference> {
  const there = await store.readAll().then(
    ({ records }) => new Map<string, string>(records.map((record) => [record.registration, JSON.stringify(record)])),
    () => new Map<string, string>(),
  );
  let [missing, different] = [0, 0];
  for (const change of fold.changes()) {
    if (change.kind !== 'registration') continue;
    const found = there.get(change.record.registration);
    there.delete(change.record.registration);
    if (found === undefined) missing += 1;
    else if (found !== JSON.stringify(change.record)) different += 1;
  }
  return { missing, different, surplus: there.size };
}
