import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '@tributary/cli/program.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runGrid } from './grid.ts';
import { brokenOf, type Cell, gridCells, nameOfCell, tableOfGrid } from './grid-cells.ts';
import { type MutantName, mutantNames, mutants } from './mutants.ts';
import { withTable } from './report-table.ts';
import { type RunFigures, type RunResult, runFaults, sessionSeconds } from './run.ts';
import { type FaultKind, faultKinds, faultNames, type PlannedFault, scheduleOf } from './schedule.ts';
import { lateSeeds, tableOfSeeds } from './seeds-table.ts';
import { shortestFailing, signsOf } from './shrink.ts';
import { fiftyRegistrations } from './world.ts';

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly only?: readonly FaultKind[];
  readonly faults?: readonly number[];
  readonly rate: number;
  readonly windowSeconds: number;
  readonly settleSeconds: number;
  readonly mutant: readonly MutantName[];
  readonly json?: string;
  readonly shrink?: true;
  readonly shrinkRuns: number;
}

const between =
  (min: number, max: number, whole = true) =>
  (text: string) => {
    const number = Number(text);
    if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
    throw new InvalidArgumentError(`Allowed: a ${whole ? 'whole number' : 'number'} from ${min} to ${max}.`);
  };
const indices = (text: string) => text.split(',').map(between(1, 10_000));
const list = faultNames.map((name) => `  ${name.padEnd(21)}${faultKinds[name]}`).join('\n');
const guards = mutantNames.map((name) => `  ${name.padEnd(21)}${mutants[name].sentence}`).join('\n');

/** Its options; run where this file is the process. */
export const program = new Command('tributary fault')
  .description(
    'breaks a stack of its own in a random order that a seed decides, and checks that nothing was lost or doubled',
  )
  .option('--seed <n>', 'decides the sequence of faults; the same seed, the same sequence', between(0, 2 ** 31 - 1), 1)
  .option(
    '--minutes <n>',
    'how long faults begin; making, healing and checking come on top',
    between(0.2, 600, false),
    5,
  )
  .addOption(new Option('--only <names...>', 'only these kinds of fault (below)').choices(faultNames))
  .option('--faults <list>', 'only these of the sequence, by their numbers, such as 3,7', indices)
  .option('--rate <n>', 'events a second', between(1, 5_000), 80)
  .option('--window-seconds <n>', 'seconds between two objects of a registration', between(2, 300), 5)
  .option('--settle-seconds <n>', 'how long to wait at most until nothing is missing', between(5, 3_600), 240)
  .addOption(
    new Option('--mutant <names...>', 'starts services that lack these guards (below), which the checker must see')
      .choices(mutantNames)
      .default([]),
  )
  .option('--shrink', 'after a failure, plays it again with ever fewer faults while it fails in the same way')
  .option('--shrink-runs <n>', 'runs of --shrink at the most; each is told with what is left', between(1, 1_000), 25)
  .option('--json <file>', 'also writes the figures to this file')
  .addHelpText(
    'after',
    `
Kinds of fault:
${list}

Guards that can be taken out with --mutant, and what is then so:
${guards}

The stack has a registration service, two consumers, two flushers, 50 registrations and a producer that keeps a ledger. What
lies in the customers' lakes and on the topic rejected is read by other programs than our own, and held against the
ledger. The exit code is 0 when every event is in exactly one object of its own customer, or rejected for the right
reason, every object is valid, no committed offset went back, and nothing was missing for longer after the healing than two
windows with a session and the longest pauses of what tries again (figures.ts says which); else 1. The last line is JSON.
A run of --shrink takes as long as its last fault and what settles; where events are lost that is all of --settle-seconds. One fault
of 36 is found in 14 runs at the most, two in some 30. The whole is played again first, and what is left at the end: a failure
that doesn't come again is called flaky.
Logs of the services stay in .local/test/<pid>/log. Two cores are enough; more load makes it slower, not wrong.
Examples:
  npm run fault -- --seed 7 --minutes 5
  npm run fault -- --only zombie rebalance-storm --minutes 2
  npm run fault -- --seed 7 --faults 12,15 --shrink --settle-seconds 30
  npm run fault -- --mutant durable --only lake-all --minutes 1 --settle-seconds 20
  npm run fault -- grid --at-once 6`,
  )
  .showHelpAfterError('(add --help to see what is allowed)')
  .action(fault);

program
  .command('grid')
  .description('each way in which S3 or STS can refuse, for one customer of twenty: the table of docs/reliability.md')
  .option('--cells <names...>', `only these: ${gridCells.slice(0, 2).map(nameOfCell).join(', ')} …`, cellsOf, [])
  .option('--at-once <n>', 'so many at once, each with a failing customer of its own', between(1, 22), 1)
  .option('--window-seconds <n>', 'seconds between two objects of a registration', between(5, 300), 30)
  .option('--rate <n>', 'events a second of all customers', between(1, 1_000), 40)
  .option('--json <file>', 'also writes what was found to this file')
  .option('--write <page>', 'when all is as promised, also puts the table into this page: docs/reliability.md')
  .action(grid);

program
  .command('seeds')
  .description('the table of long runs, from the files that --json of each has written')
  .requiredOption('--from <directory>', 'where they lie: seed-1.json, seed-2.json …')
  .option(
    '--write <page>',
    'when nothing was missing after two windows, also puts the table into this page: docs/reliability.md',
  )
  .action(seeds);

/** Ctrl-C heals what is broken and stops what was started; a second one changes nothing. */
const interrupt = new AbortController();

const began = Date.now();
function tell(sentence: string): void {
  const seconds = Math.round((Date.now() - began) / 1000);
  console.error(
    `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}  ${sentence}`,
  );
}

async function fault(options: Options): Promise<void> {
  const planned = scheduleOf({
    ...{ seed: options.seed, faultMs: options.minutes * 60_000, sessionMs: sessionSeconds * 1000 },
    ...(options.only === undefined ? {} : { only: options.only }),
    tenants: fiftyRegistrations().filter(({ eventClasses }) => eventClasses.length > 0).length,
    eventClasses: eventClassNames.length,
  }).filter(({ index }) => options.faults?.includes(index) ?? true);
  const play = (part: readonly PlannedFault[]) =>
    runFaults({
      ...{ seed: options.seed, planned: part, ratePerSecond: options.rate, windowSeconds: options.windowSeconds },
      ...{ sessionSeconds, settleSeconds: options.settleSeconds, mutants: options.mutant },
      ...{ signal: interrupt.signal, onNotice: tell },
    });
  tell(`Seed ${options.seed}: ${planned.length} faults in ${options.minutes} minutes`);
  const result = await play(planned);
  show(result);
  const shrunk = !result.clean && options.shrink ? await shrink(result, planned, play, options.shrinkRuns) : undefined;
  const figures = { ...result.figures, ...shrunk };
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures)}\n`);
  console.log(JSON.stringify(figures));
  if (!result.clean) process.exitCode = 1;
}

interface GridCommandOptions {
  readonly cells: readonly Cell[];
  readonly atOnce: number;
  readonly windowSeconds: number;
  readonly rate: number;
  readonly json?: string;
  readonly write?: string;
}

function cellsOf(name: string, before: readonly Cell[]): readonly Cell[] {
  const found = gridCells.find((cell) => nameOfCell(cell) === name);
  if (found === undefined) throw new InvalidArgumentError(`Allowed: ${gridCells.map(nameOfCell).join(' ')}.`);
  return [...before, found];
}

async function grid({ cells, atOnce, windowSeconds, rate, json, write }: GridCommandOptions): Promise<void> {
  const wanted = cells.length > 0 ? cells : gridCells;
  const options = { cells: wanted, atOnce, windowSeconds, ratePerSecond: rate };
  const results = await runGrid({ ...options, signal: interrupt.signal, onNotice: tell });
  if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  const table = tableOfGrid(results);
  console.log(`\n${table}\n`);
  const bad = results.filter((result) => brokenOf(result, windowSeconds + 10).length > 0);
  for (const cell of bad)
    console.log(`NOT AS PROMISED ${nameOfCell(cell)}: ${brokenOf(cell, windowSeconds + 10).join('; ')}`);
  if (bad.length > 0) process.exitCode = 1;
  else if (write !== undefined) await writeTable(write, 'grid', table);
}

/** The figures of long runs, as `--json` wrote each of them: `seed-1.json` and so on. */
async function seeds({ from, write }: { readonly from: string; readonly write?: string }): Promise<void> {
  const files = (await readdir(from)).filter((name) => /^seed-\d+\.json$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(from, name), 'utf8')));
  const runs = texts.map((text) => JSON.parse(text) as RunFigures);
  const table = tableOfSeeds(runs);
  console.log(table);
  const late = lateSeeds(runs);
  if (late.length > 0) console.log(`NOT WITHIN TWO WINDOWS seeds ${late.join(', ')}`);
  if (late.length > 0) process.exitCode = 1;
  else if (write !== undefined) await writeTable(write, 'seeds', table);
}

async function writeTable(file: string, name: string, table: string): Promise<void> {
  await writeFile(file, withTable(await readFile(file, 'utf8'), name, table));
}

function show({ faults, leftOut, failed, late, blind, startedAt, verdict, figures }: RunResult): void {
  const at = (ms: number) => ((ms - startedAt) / 1000).toFixed(1).padStart(6);
  console.log('\n began  healed  fault');
  for (const { index, title, note, beganAt, healedAt } of faults)
    console.log(`${at(beganAt)}  ${at(healedAt)}  ${index}. ${title}${note === undefined ? '' : ` (${note})`}`);
  for (const sentence of leftOut) console.log(`left out: ${sentence}`);
  for (const sentence of failed) console.log(`COULD NOT BE MADE OR HEALED: ${sentence}`);
  for (const sentence of verdict.wrong) console.log(`WRONG ${sentence}`);
  for (const sentence of blind) console.log(`THE CHECKER IS BLIND FOR ${sentence}`);
  if (late)
    console.log(
      `TOO LATE ${figures.unseenSeconds} s until nothing was missing, at most ${figures.unseenAllowedSeconds} s`,
    );
  console.log('');
}

/** Plays a failing sequence in ever shorter parts, tells each run, and answers what goes into the JSON. */
async function shrink(
  first: RunResult,
  planned: readonly PlannedFault[],
  play: (part: readonly PlannedFault[]) => Promise<RunResult>,
  runsMax: number,
) {
  const numbers = (part: readonly PlannedFault[]) => part.map(({ index }) => index).join(',');
  const signs = signsOf(first);
  const startedAt = Date.now();
  const fails = async (part: readonly PlannedFault[]) => {
    const found = await play(part).catch((error: Error) => {
      interrupt.signal.throwIfAborted();
      tell(`It could not be played: ${error.message}`);
    });
    const failed = found !== undefined && signsOf(found).some((sign) => signs.includes(sign));
    tell(`--faults ${numbers(part)} ${failed ? 'FAILS as well' : 'does not fail like that'}`);
    return failed;
  };
  const onRun = (run: number, part: readonly PlannedFault[]) =>
    tell(`Run ${run} of ${runsMax} at the most (${signs.join(', ')}?): ${part.length} of ${planned.length} faults`);
  const { shortest, runs, outcome } = await shortestFailing(planned, fails, { runsMax, onRun });
  const minutes = Math.round((Date.now() - startedAt) / 6_000) / 10;
  const said = {
    minimal: `It still fails with --faults ${numbers(shortest)}${shortest.length > 1 ? ', and without any one of them it does not' : ' alone'}`,
    capped: `It still fails with --faults ${numbers(shortest)}; whether with fewer nobody knows yet`,
    flaky: `FLAKY: --faults ${numbers(shortest)} failed, and did not when it was played again`,
  }[outcome];
  console.log(`${said} (${planned.length} faults before, ${shortest.length} now; ${runs} runs, ${minutes} minutes)`);
  return { shrunk: { faults: shortest.map(({ index }) => index), outcome, runs, minutes } };
}

if (import.meta.main) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => interrupt.abort(new Error(`Ended by ${name}.`)));
  await runProgram(program);
}
