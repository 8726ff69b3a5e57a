import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Stream } from '@tributary/stream';
import { decodeChange, encodeChange, type JournalChange, type SubscriptionStore } from '@tributary/subscriptions';

/** A Redis database that is kept as the registration service keeps its own. */
export interface OwnRegistrations {
  /** Ends with what stopped it; with nothing after its signal was aborted. */
  readonly following: Promise<unknown>;
}

/**
 * Journals `records` and keeps `store` up to date with the journal until `signal` is aborted, so that a consumer can be
 * tested without a registration service. Resolves when the store has all that was in the journal, the records included.
 */
export async function ownRegistrations(
  {
    stream,
    store,
    signal,
  }: { readonly stream: Stream; readonly store: SubscriptionStore; readonly signal: AbortSignal },
  records: readonly RegistrationRecord[],
): Promise<OwnRegistrations> {
  const publisher = stream.publisher();
  const changes = records.map((one) => encodeChange({ kind: 'registration', record: one }));
  await publisher.publish(changes.map((change) => ({ topic: registrationsTopic, partition: 0, ...change })));
  await publisher.close();
  const known = new Map<string, JournalChange>();
  let after: number | undefined;
  return new Promise<OwnRegistrations>((rebuilt, fail) => {
    const following = stream.read({
      topic: registrationsTopic,
      partition: 0,
      from: 0,
      follow: true,
      signal,
      onRecord: async (one) => {
        if (after === undefined) return void known.set(String(one.key), decodeChange(one));
        await store.apply({ after, offset: one.offset }, decodeChange(one));
        after = one.offset;
      },
      onCaughtUp: async (next) => {
        if (after !== undefined) return;
        after = next - 1;
        await store.rebuild([...known.values()], after);
        rebuilt({ following });
      },
    });
    following.catch(fail);
  });
}
