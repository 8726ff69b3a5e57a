import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';

// A full disk of Redis, STS that is too busy, a consumer that is a zombie, a flusher and Kafka killed with SIGKILL. Longer
// runs, and those with other seeds, are made by hand: npm run fault -- --help.
const seed = 34;
const minutes = 0.8;
const main = join(import.meta.dirname, 'harness/main.ts');
let scratch = '';

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tributary-seed-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('a_short_seed_loses_doubles_and_misroutes_nothing', async () => {
  const json = join(scratch, 'figures.json');
  const args = [main, '--seed', String(seed), '--minutes', String(minutes), '--json', json];
  // A process of its own, with a stack of its own: ours stays as it is.
  const run = await execa(process.execPath, args, { reject: false, all: true, forceKillAfterDelay: 60_000 });
  if (run.exitCode !== 0) throw new Error(run.all);
  const figures = JSON.parse(await readFile(json, 'utf8'));
  expect(figures).toMatchObject({ lost: 0, duplicated: 0, misrouted: 0, misjudged: 0, invalid: 0, wentBack: 0 });
  expect(figures.delivered).toBeGreaterThan(1_000);
  expect(Object.keys(figures.faults).length).toBeGreaterThanOrEqual(4);
}, 600_000);
