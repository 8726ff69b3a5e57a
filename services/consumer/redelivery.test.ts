import { describe, expect, it } from '@jest/globals';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import type { Publisher } from '@tributary/stream/stream.ts';
import fc from 'fast-check';
import { fileActivity, Rig, type RigOptions, registrationOf } from './rig.fixture.ts';

const accounts = ['111111111111', '222222222222', '333333333333', '444444444444'];
const stranger = '999999999999';
const poison = 'poison';

type Trouble =
  | { readonly kind: 'publish' | 'commit'; readonly when: 'before' | 'halfway' | 'after'; readonly nth: number }
  | { readonly kind: 'kill'; readonly nth: number };

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('publish' as const, 'commit' as const),
    when: fc.constantFrom('before' as const, 'halfway' as const, 'after' as const),
    nth: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ kind: fc.constant('kill' as const), nth: fc.integer({ min: 1, max: 30 }) }),
);

const values = fc.array(fc.constantFrom(...accounts, stranger, poison), { minLength: 1, maxLength: 25 });

const schedule = fc.record({
  feeds: fc.array(fc.tuple(fc.nat({ max: 1 }), values), { minLength: 1, maxLength: 5 }),
  troubles: fc.array(trouble, { maxLength: 5 }),
});

describe('redelivery (invariants 1 and 2)', () => {
  it('leaves_each_registered_event_once_and_in_order_whatever_fails_when', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, (one) => check(one)),
      { numRuns: 25 },
    );
  }, 120_000);

  it('needs_the_stop_after_a_failed_send_because_stepping_over_it_loses_events', async () => {
    const steppingOver = (publisher: Publisher): Publisher => ({
      ...publisher,
      publish: (records) => publisher.publish(records).catch(() => records.map(() => 0)),
      close: () => publisher.close(),
    });
    const oneFailedSend: Schedule = {
      feeds: [[0, [...accounts, poison]]],
      troubles: [{ kind: 'publish', when: 'before', nth: 2 }],
    };
    await check(oneFailedSend);
    await expect(check(oneFailedSend, steppingOver)).rejects.toThrow('toEqual');
  }, 120_000);
});

interface Schedule {
  readonly feeds: readonly [number, string[]][];
  readonly troubles: readonly Trouble[];
}

async function check({ feeds, troubles }: Schedule, between?: RigOptions['between']): Promise<void> {
  const kills = new Set(troubles.filter(({ kind }) => kind === 'kill').map(({ nth }) => nth));
  let steps = 0;
  const rig = new Rig({
    ...(between && { between }),
    onStep: () => {
      if (kills.has(++steps)) throw new Error('killed');
    },
  });
  try {
    await rig.register(
      ...accounts.map((account, i) => registrationOf(account, { ocsfVersion: i === 3 ? '1.3.0' : '1.1.0' })),
    );
    for (const one of troubles) {
      if (one.kind === 'publish') rig.broker.failPublish(one);
      if (one.kind === 'commit') rig.broker.failCommit(one);
    }
    await rig.start();
    for (const [partition, list] of feeds) {
      await rig.feed(partition, ...list.map((value) => (value === poison ? value : fileActivity(value))));
      await rig.turns(3);
    }
    await rig.drained();
    expectOnceInOrder(rig, feeds);
  } finally {
    await rig.stop();
  }
}

function expectOnceInOrder(rig: Rig, feeds: readonly [number, string[]][]): void {
  for (const source of [0, 1]) {
    const fed = feeds.flatMap(([partition, list]) => (partition === source ? list : []));
    for (const handoff of [0, 1]) {
      const goesHere = (value: string) =>
        accounts.includes(value) && handoffPartition(registrationId(value, 'file-activity'), 2) === handoff;
      const wanted = fed.flatMap((value, offset) => (goesHere(value) ? [`${offset} ${value}/file-activity`] : []));
      const got = rig.rowsOnce().filter((row) => row.partition === handoff && row.sourcePartition === source);
      expect(got.map(({ sourceOffset, registration }) => `${sourceOffset} ${registration}`)).toEqual(wanted);
    }
    const refused = rig.rejected().filter(({ key }) => String(key) === `agent.file-activity-${source}`);
    const positions = new Set(refused.map(({ headers }) => Number(headers['source-offset'])));
    const poisoned = fed.flatMap((value, offset) => (value === poison ? [offset] : []));
    expect([...positions].toSorted((a, b) => a - b)).toEqual(poisoned);
  }
}
