import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@tributary/cli/program.ts';
import type { SourceBatch } from '@tributary/consumer/batch.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type AgentEvents, agentEvents } from './events.ts';
import { chosenMeasures, type MeasureName, measureNames, measures } from './measures.ts';
import { check, type Prepared, prepare, workOf } from './prepared.ts';
import { type Load, type Machine, type Report, reportOf, shown } from './report.ts';
import { type Reading, runRounds } from './rounds.ts';

interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly only?: readonly MeasureName[];
  readonly json?: string;
}

const between = (min: number, max: number) => (text: string) => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
};

const list = measureNames.map((name) => `  ${name.padEnd(13)}${measures[name]}`).join('\n');

/** Its options; run where this file is the process. */
export const program = new Command('tributary bench')
  .description(
    'measures, on simulated events and without network, what an event costs on its way and how that compares',
  )
  .option('--rows <n>', 'events', between(1_000, 500_000), 20_000)
  .option('--rounds <n>', 'counted rounds; each runs every measure once', between(1, 1_000), 5)
  .addOption(new Option('--only <names...>', 'only these measures (below)').choices(measureNames))
  .option('--json <file>', 'also writes the figures to this file')
  .addHelpText(
    'after',
    `
Measures:
${list}

All run interleaved in one process; figures are medians of µs per event, and what counts are the ratios. What was
written is read back with another library: if an event is missing, doubled, changed or out of order, the exit code is 1.
Examples:
  npm run bench
  npm run bench -- --rows 100000 --rounds 9 --json figures.json
  npm run bench -- --only duckdb`,
  )
  .showHelpAfterError('(add --help to see what is allowed)')
  .action(bench);

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return { wallUs: performance.now() * 1000, cpuUs: user + system };
}

function bytesPerEvent(values: readonly { readonly byteLength: number }[], events: number): number {
  return values.reduce((sum, { byteLength }) => sum + byteLength, 0) / events;
}

async function loadOf(events: AgentEvents, { published, objects, duckdb }: Prepared): Promise<Load> {
  const count = events.expected.length;
  const sourceBytes = (sources: readonly SourceBatch[]) =>
    bytesPerEvent(
      sources.flatMap(({ records }) => records.map(({ value }) => value!)),
      count,
    );
  return {
    events: count,
    objects: objects.length,
    avroBytes: sourceBytes(events.avro),
    jsonBytes: sourceBytes(events.json),
    handoffBytes: bytesPerEvent(
      published.map(({ value }) => value as Buffer),
      count,
    ),
    parquetBytes: bytesPerEvent(
      objects.map(({ bytes }) => bytes),
      count,
    ),
    duckdbBytes: duckdb && bytesPerEvent(await duckdb.files(), count),
  };
}

/** A folder that is gone when the process is, also after Ctrl-C. */
async function temporaryFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return directory;
}

async function bench(options: Options): Promise<void> {
  const chosen = chosenMeasures(options.only);
  console.error(`Making ${options.rows} events and the input of each measure …`);
  const directory = await temporaryFolder();
  const events = await agentEvents(options.rows);
  const prepared = await prepare(events, { directory, withDuckdb: chosen.includes('duckdb') });
  try {
    const report = await measured(events, prepared, chosen, options.rounds);
    console.log(shown(report));
    console.log(`Checked: each of the ${options.rows} events is there once, unchanged, in the order of time.`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    prepared.duckdb?.close();
    await prepared.encoder.close();
  }
}

/** Throws an Error with a sentence for each promise that what was made breaks: figures of wrong work are worth nothing. */
async function measured(
  events: AgentEvents,
  prepared: Prepared,
  chosen: readonly MeasureName[],
  rounds: number,
): Promise<Report> {
  const encoded: string[] = [];
  const work = workOf(events, prepared, (digest) => encoded.push(digest));
  const loadBefore = loadavg()[0]!;
  const timings = await runRounds(
    chosen.map((name) => work[name]),
    rounds,
    {
      read,
      settle: () => globalThis.gc?.(),
      onRound: (round) => console.error(round === 0 ? 'Warming up …' : `Round ${round} of ${rounds} …`),
    },
  );
  const machine: Machine = {
    processor: cpus()[0]!.model,
    cores: cpus().length,
    node: process.versions.node,
    duckdb: prepared.duckdb?.version,
    loadBefore,
    loadAfter: loadavg()[0]!,
  };
  console.error('Reading back what was written …');
  const broken = await check(events, prepared, encoded);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return reportOf(machine, await loadOf(events, prepared), timings);
}

if (import.meta.main) await runProgram(program);
