import { describe, expect, it } from '@jest/globals';
import { endedRegistration, Simulation, type TakenAway } from './simulation.fixture.ts';

const schedules = Number(process.env.TRIBUTARY_SCHEDULES ?? 150);
const stepsOfTrouble = 700;

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
  const count = new Map<number, number>();
  const findings = {
    lost: 0,
    doubled: 0,
    misrouted: 0,
    rewritten: simulation.created - simulation.lake.size,
    stuck: healed ? 0 : 1,
  };
  for (const { bucket, rows } of simulation.lake.values()) {
    for (const row of rows) {
      count.set(row, (count.get(row) ?? 0) + 1);
      if (bucket !== `lake-of-${simulation.source[row]!.split('/')[0]}`) findings.misrouted++;
    }
  }
  simulation.source.forEach((registration, row) => {
    const times = count.get(row) ?? 0;
    if (registration === endedRegistration) findings.misrouted += times;
    else if (times === 0) findings.lost++;
    else if (times > 1) findings.doubled++;
  });
  return findings;
}

async function firstFinding(taken: TakenAway, wanted: keyof Findings): Promise<number | undefined> {
  for (let seed = 1; seed <= schedules; seed++) if ((await run(seed, taken))[wanted] > 0) return seed;
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

  it('needs the fence: without it a zombie commits over its successor', async () => {
    const seeds = await Promise.all([firstFinding({ fence: true }, 'doubled'), firstFinding({ fence: true }, 'lost')]);
    expect(seeds.some((seed) => seed !== undefined)).toBe(true);
  }, 120_000);

  it('needs the conditional put: without it a redo creates an object a second time', async () => {
    expect(await firstFinding({ conditionalPut: true }, 'rewritten')).toBeDefined();
  }, 120_000);

  it('needs a consumer that goes back after a failed send: stepping over it loses rows', async () => {
    expect(await firstFinding({ consumerGoesBack: true }, 'lost')).toBeDefined();
  }, 120_000);
});
