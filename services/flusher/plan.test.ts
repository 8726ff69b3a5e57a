import { describe, expect, it } from '@jest/globals';
import { Collector } from './collector.ts';
import { Marks } from './marks.ts';
import { fairOrder, planObjects } from './plan.ts';
import { type SampleRow, sampleMessage } from './rows.fixture.ts';

const identity = { handoffTopic: 'ocsf.file-activity', partition: 3, incarnation: '0123456789abcdef', partRows: 1_000 };

const planOf = (messages: readonly (readonly SampleRow[])[], changed: Partial<typeof identity> = {}) => {
  const collector = new Collector(10, Marks.none);
  messages.forEach((rows, at) => {
    collector.add(sampleMessage(10 + at, rows));
  });
  return planObjects(collector.upTo(10 + messages.length), { ...identity, ...changed });
};
const noon = Date.UTC(2026, 0, 2, 12);
const rows = (count: number, from = 0): SampleRow[] =>
  Array.from({ length: count }, (_, at) => ({ sourceOffset: from + at }));

describe('the plan of a cut', () => {
  it('never mixes registrations, generations, accounts or days in one object', () => {
    const plan = planOf([
      [
        { sourceOffset: 0, registration: 'a/x' },
        { sourceOffset: 1, registration: 'b/x' },
        { sourceOffset: 2, registration: 'a/x', generation: 2 },
        { sourceOffset: 3, registration: 'a/x', objectAccount: '111122223333' },
        { sourceOffset: 4, registration: 'a/x', time: noon + 86_400_000 },
      ],
    ]);
    expect(plan).toHaveLength(5);
    expect(new Set(plan.map((object) => object.name)).size).toBe(5);
  });

  it('puts an event of the last millisecond of a UTC day into that day', () => {
    const midnight = Date.UTC(2026, 0, 3);
    const plan = planOf([
      [
        { sourceOffset: 0, time: midnight - 1 },
        { sourceOffset: 1, time: midnight },
      ],
    ]);
    expect(plan.map((object) => object.eventDay)).toEqual(['20260102', '20260103']);
  });

  it('gives the same rows the same names, whoever plans them', () => {
    expect(planOf([rows(3), rows(3, 3)]).map((object) => object.name)).toEqual(
      planOf([rows(3), rows(3, 3)]).map((object) => object.name),
    );
  });

  it('gives other rows other names: another incarnation, partition, cut or part', () => {
    const name = (changed: Partial<typeof identity>, messages = [rows(3)]) => planOf(messages, changed)[0]!.name;
    const names = [
      name({}),
      name({ incarnation: 'f'.repeat(16) }),
      name({ partition: 4 }),
      name({ handoffTopic: 'ocsf.dns-activity' }),
      name({}, [rows(3), rows(1, 3)]),
    ];
    expect(new Set(names).size).toBe(5);
    expect(names[0]).toMatch(/^[0-9a-f]{32}\.parquet$/);
  });

  it('cuts parts at the journalled number of rows, each named apart', () => {
    const plan = planOf([rows(5)], { partRows: 2 });
    expect(plan.map((object) => [...object.rows.row])).toEqual([[0, 1], [2, 3], [4]]);
    expect(plan.map((object) => object.part)).toEqual([0, 1, 2]);
    expect(new Set(plan.map((object) => object.name)).size).toBe(3);
  });

  it('tells the hand-off offsets and the times of an object’s own rows', () => {
    const plan = planOf([
      [{ sourceOffset: 0, registration: 'a/x', time: noon + 5 }],
      [{ sourceOffset: 1, registration: 'b/x', time: noon }],
      [{ sourceOffset: 2, registration: 'a/x', time: noon - 5 }],
    ]);
    expect(plan[0]).toMatchObject({ registration: 'a/x', offsets: [10, 12], times: [noon - 5, noon + 5] });
    expect(plan[1]).toMatchObject({ registration: 'b/x', offsets: [11, 11], times: [noon, noon] });
  });

  it('leaves out rows that were seen before', () => {
    const plan = planOf([rows(3), rows(4)]);
    expect(plan.flatMap((object) => [...object.rows.row])).toEqual([0, 1, 2, 3]);
  });
});

describe('the order in which objects are put', () => {
  it('lets each registration have its first object before a huge one has its second, the small ones first', () => {
    const huge = Array.from({ length: 12 }, (_, at) => ({ sourceOffset: at, registration: 'huge/x' }));
    const small = ['a/x', 'b/x'].map((registration, at) => ({ sourceOffset: 20 + at, registration }));
    const plan = fairOrder(planOf([[...huge, ...small]], { partRows: 3 }));
    const order: string[] = plan.map(({ registration }) => registration);
    expect(order).toEqual(['a/x', 'b/x', 'huge/x', 'huge/x', 'huge/x', 'huge/x']);
    expect(plan.filter((_, at) => order[at] === 'huge/x').map(({ part }) => part)).toEqual([0, 1, 2, 3]);
  });
});
