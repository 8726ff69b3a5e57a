import { describe, expect, it } from '@jest/globals';
import type { TakenAway } from './simulated-lakes.fixture.ts';
import { endedRegistration, Simulation } from './simulation.fixture.ts';

const schedules = Number(process.env.TRIBUTARY_SCHEDULES ?? 150);
const stepsOfTrouble = 700;
/** So many schedules are enough to see any one of the guards missing. */
const mutantSeedsMax = 20;

interface Findings {
  lost: number;
  doubled: number;
  misrouted: number;
  rewritten: number;
  stuck: number;
}

async function run(seed: number, taken?: TakenAway): Promise<Findings> {
  const simulation = new Simulation(seed, taken);
  for (let at = 0; at < stepsOfTrouble; at++) await simulation.step();
  const healed = await simulation.heal();
  const { objects, created, bucket, receipts } = simulation.lakes;
  const findings = { lost: 0, doubled: 0, misrouted: 0, rewritten: created - objects.size, stuck: healed ? 0 : 1 };
  const count = new Map<number, number>();
  for (const [name, { registration, rows }] of objects) {
    const buckets = simulation.lakes.bucketsOf(registration);
    for (const row of rows) {
      count.set(row, (count.get(row) ?? 0) + 1);
      if (registration !== simulation.source[row] || !buckets.has(name.split('/')[0]!)) findings.misrouted++;
    }
  }
  // What is left undelivered was given up or dropped, and a receipt says so of every row.
  const ended = receipts.filter(({ outcome }) => outcome === 'dropped');
  const endedRows = ended.reduce((sum, { rows }) => sum + rows, 0);
  const expired = [...bucket.objects].filter(([key]) => key.startsWith('expired/'));
  const keptRows = new Set(expired.flatMap(([, { body }]) => JSON.parse(Buffer.from(body).toString()) as number[]));
  let undelivered = 0;
  simulation.source.forEach((registration, row) => {
    const times = count.get(row) ?? 0;
    if (times > 1) findings.doubled++;
    if (times > 0) return;
    undelivered++;
    if (registration !== endedRegistration && !keptRows.has(row)) findings.lost++;
  });
  if (undelivered > endedRows) findings.lost += undelivered - endedRows;
  return findings;
}

/** The first of the seeds from 1 on, in steps of `every`, with which the checker sees it. */
async function firstFinding(taken: TakenAway, wanted: keyof Findings, every = 1): Promise<number | undefined> {
  for (let at = 0; at < 4 * schedules; at++) {
    const seed = 1 + at * every;
    if ((await run(seed, taken))[wanted] > 0) return seed;
  }
  return undefined;
}

describe('the flusher under random schedules of crashes, zombies, lost answers, seek-backs and changed settings', () => {
  it('delivers every row exactly once, to its own customer, and always gets to the end', async () => {
    for (let seed = 1; seed <= schedules; seed++) {
      expect({ seed, ...(await run(seed)) }).toEqual({
        seed,
        lost: 0,
        doubled: 0,
        misrouted: 0,
        rewritten: 0,
        stuck: 0,
      });
    }
  }, 120_000);

  it.each([
    ['a parked object that is deleted last: deleted before it is delivered it is lost', { deletedLast: true }, 'lost'],
    ['that an unknown outcome is no refusal: at a new bucket the rows come twice', { unknownOutcome: true }, 'doubled'],
    ['tries that are written down before: after a crash the rows come twice', { triesWrittenDown: true }, 'doubled'],
  ] as const)(
    'needs %s',
    async (_, taken, wanted) => {
      // Of the calm schedules only: in the others too little is parked for long.
      expect(await firstFinding(taken, wanted, 2)).toBeDefined();
    },
    240_000,
  );

  // Each mutant is the protocol with one guard taken out; `docs/reliability.md` has this table.
  it.each<[string, TakenAway, keyof Findings]>([
    ['the fence: without it a zombie commits over its successor', { fence: true }, 'doubled'],
    ['the journal: without it a redo cuts elsewhere', { journal: true }, 'doubled'],
    ['the journalled size of parts: without it a redo parts rows elsewhere', { partSize: true }, 'doubled'],
    ['the high-water marks: without them a row that came again goes out again', { marks: true }, 'doubled'],
    ['the conditional put: without it a redo creates an object a second time', { conditionalPut: true }, 'rewritten'],
    ['a consumer that goes back after a failed send', { consumerGoesBack: true }, 'lost'],
    [
      'one message for rows of all versions: in messages of their own they pass each other',
      { oneMessage: true },
      'lost',
    ],
  ])(
    'needs %s',
    async (_, taken, wanted) => {
      expect(await firstFinding(taken, wanted)).toBeLessThanOrEqual(mutantSeedsMax);
    },
    120_000,
  );
});
