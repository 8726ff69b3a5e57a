import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';

// S3 loses the answers of what it has done, then refuses everybody; services that lack three guards make each thing that
// must not be of it. A checker that says nothing here would say nothing of us.
const seed = 43;
const minutes = 0.4;
const main = join(import.meta.dirname, 'harness/main.ts');
let scratch = '';

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tributary-seen-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('a_run_of_services_without_their_guards_is_red_and_says_what_is_lost_doubled_and_misrouted', async () => {
  const json = join(scratch, 'figures.json');
  const args = [main, '--seed', String(seed), '--minutes', String(minutes), '--only', 'lake-all', '--json', json];
  args.push('--mutant', 'conditional-put', 'durable', 'tenant', '--settle-seconds', '10');
  const run = await execa(process.execPath, args, { reject: false, all: true, forceKillAfterDelay: 60_000 });
  const figures = JSON.parse(await readFile(json, 'utf8').catch(() => '{}'));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  if (!(run.exitCode === 1 && figures.lost > 0 && figures.duplicated > 0 && figures.misrouted > 0))
    throw new Error(`exit code ${run.exitCode}\n${run.all}`);
  expect(figures).toMatchObject({ misjudged: 0, invalid: 0, wentBack: 0 });
}, 600_000);
