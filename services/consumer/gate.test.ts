import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { createMetrics, silentLog } from '@tributary/service';
import type { TopicPartition } from '@tributary/stream/stream.ts';
import { Gate } from './gate.ts';
import type { SourceVerdict } from './recreated.ts';
import { Standing } from './standing.ts';

const partitions = [0, 1].map((partition): TopicPartition => ({ topic: 't', partition }));
const nothing: SourceVerdict = { recreated: new Map(), unclaimed: [] };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function gateWith(judge: () => Promise<SourceVerdict>) {
  const told: string[] = [];
  const say = (what: string) => (list: readonly TopicPartition[]) =>
    void told.push(`${what} ${list.map(({ partition }) => partition).join()}`);
  const standing = new Standing(silentLog, createMetrics());
  const assignment = new AbortController();
  const gate = new Gate({
    fetching: { pause: say('pause'), resume: say('resume') },
    judge,
    claim: async (one) => say('claim')([one]),
    standing,
    pause: settled,
    onOpened: say('opened'),
  });
  return { gate, told, standing, assignment };
}

describe('a gate before source partitions', () => {
  it('keeps_closed_what_is_not_judged_yet_though_there_is_room_for_it', async () => {
    const verdict = Promise.withResolvers<SourceVerdict>();
    const { gate, told, assignment } = gateWith(() => verdict.promise);
    gate.assigned(partitions, assignment.signal);
    gate.resume(partitions);
    expect(told).toEqual(['pause 0,1', 'resume ']);
    verdict.resolve({ recreated: new Map([[0, new Fault('topic-recreated')]]), unclaimed: [1] });
    await settled();
    gate.resume(partitions);
    expect(told.slice(2)).toEqual(['claim 1', 'opened 1', 'resume 1']);
  });

  it('opens_nothing_of_an_assignment_that_is_over', async () => {
    const verdict = Promise.withResolvers<SourceVerdict>();
    const { gate, told, assignment } = gateWith(() => verdict.promise);
    gate.assigned(partitions, assignment.signal);
    assignment.abort();
    verdict.resolve({ ...nothing, unclaimed: [0, 1] });
    await settled();
    expect(told).toEqual(['pause 0,1']);
  });

  it('asks_again_until_it_is_answered_and_then_ends_only_what_it_said_itself', async () => {
    let asked = 0;
    const { gate, told, standing, assignment } = gateWith(async () => {
      if (asked++ < 3) throw new Fault('kafka-refuses');
      return nothing;
    });
    gate.assigned(partitions, assignment.signal);
    while (asked < 3) await settled();
    standing.failed('t-1', new Fault('source-gap'));
    while (!told.includes('opened 0,1')) await settled();
    expect(standing.causes()).toEqual(['source-gap']);
  });
});
