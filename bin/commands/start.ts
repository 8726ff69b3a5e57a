import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClassTotals } from '@tributary/local/demo/completeness.ts';
import { demoCustomers } from '@tributary/local/demo/customer.ts';
import { type Demo, startDemo } from '@tributary/local/demo/demo.ts';
import { flowTable } from '@tributary/local/demo/table.ts';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { recordingRecords } from '@tributary/local/feed/sources.ts';
import { partNames } from '@tributary/local/part.ts';
import { portsPerStack } from '@tributary/local/ports.ts';
import { runningNames } from '@tributary/local/processes.ts';
import { defaultPortBase, stopStack } from '@tributary/local/stack.ts';
import { type Command, Option } from 'commander';
import { createLogUpdate } from 'log-update';
import { whole } from '../whole-number.ts';
import { bringUp } from './stack.ts';

interface StartOptions {
  readonly recording?: string;
  readonly windowSeconds: number;
  readonly accounts: number;
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
  readonly jsonShare: number;
  readonly untilDelivered?: true;
  readonly limitSeconds: number;
  readonly download?: string;
  readonly dir: string;
  readonly portBase?: number;
}

const lookEveryMs = 1_000;
const lineEveryMs = 10_000;
const goesWithinMs = 10_000;
const exitOnInterrupt = 130;

async function start(options: StartOptions): Promise<void> {
  check(options);
  const directory = stackDirectory(options.dir);
  // The stand-in for S3 forgets at its end, so what Kafka and Redis remember of the last run would not fit.
  await rm(join(directory, 'data'), { recursive: true, force: true });
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error('Stopped.'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const { signal } = interrupted;
  let demo: Demo | undefined;
  try {
    await bringUp({
      dir: options.dir,
      signal,
      ...(options.portBase === undefined ? {} : { portBase: options.portBase }),
    });
    demo = await startDemo(demoOptions(options));
    process.exitCode = await watch(demo, options, signal);
  } catch (error) {
    if (!signal.aborted) throw demo !== undefined && (await stackGoes(options)) ? new StoppedElsewhere(error) : error;
    process.exitCode = exitOnInterrupt;
  } finally {
    console.log('Stopping …');
    await demo?.stop();
    await stopStack(options.dir);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

class StoppedElsewhere extends Error {
  constructor(cause?: unknown) {
    super('The stack was stopped from elsewhere.', { cause });
  }
}

function stackRuns({ dir }: StartOptions): boolean {
  const running = runningNames(stackDirectory(dir));
  return partNames.every((name) => running.includes(name));
}

/** Whether the stack is on its way down: a part stops answering before its process has ended. */
async function stackGoes(options: StartOptions): Promise<boolean> {
  const until = Date.now() + goesWithinMs;
  while (stackRuns(options)) {
    if (Date.now() > until) return false;
    await delay(lookEveryMs);
  }
  return true;
}

/** Throws what is wrong with the options, or with what runs already, before anything is started. */
function check({ recording, untilDelivered, download, dir }: StartOptions): void {
  if (recording !== undefined && !existsSync(recording)) throw new Error(`There is no file ${recording}.`);
  if (download !== undefined && !untilDelivered) {
    throw new Error('--download copies what a run delivered, so it needs --until-delivered.');
  }
  const running = runningNames(stackDirectory(dir));
  if (running.length === 0) return;
  const other = 'Or use another folder: npm start -- --dir .local/second --port-base 0';
  const advice = running.includes('flusher')
    ? `Another start runs in ${dir}: end it with Ctrl-C where it runs, or: npx tributary stack down --dir ${dir}`
    : `A stack runs in ${dir}. Stop it with: npx tributary stack down --dir ${dir}`;
  throw new Error(`${advice}\n${other}`);
}

/** Rejects when the signal aborts, whatever `work` is still waiting for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
}

function demoOptions(options: StartOptions) {
  const { dir, windowSeconds, jsonShare, recording, rate, seconds, seed } = options;
  const customers = demoCustomers(options.accounts, readEndpoints(dir).awsRegion);
  const accounts = customers.map(({ account }) => account);
  const run = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const ever = 2 ** 31;
  const count = options.untilDelivered ? rate * seconds : ever;
  const simulated = () =>
    simulate({ seed, run, accounts, startMs: Date.now(), hostsPerAccount: 20, count, stepMs: 1000 / rate });
  const recorded = () => recordingRecords(recording!, { run, accounts, onSkipped: () => {} });
  const onNotice = (sentence: string) => console.log(sentence);
  const common = { dir, windowSeconds, customers, run, jsonShare, onNotice };
  return recording === undefined
    ? { ...common, records: simulated, ratePerSecond: rate }
    : { ...common, records: recorded };
}

/** Shows what flows until there is nothing left to wait for, the limit is reached or somebody interrupts; answers the exit code. */
async function watch(demo: Demo, options: StartOptions, interrupted: AbortSignal): Promise<number> {
  const startedAt = Date.now();
  const show = display(demo);
  let feeding = true;
  let failure: Error | undefined;
  demo.fed.then(
    () => {
      feeding = false;
    },
    (error: Error) => {
      failure = error;
    },
  );
  console.log(
    `Logs and addresses: ${options.dir}/log, ${options.dir}/run/endpoints.json. ${options.untilDelivered ? '' : 'Ctrl-C stops everything.'}`,
  );
  while (!interrupted.aborted && failure === undefined) {
    if (!stackRuns(options)) throw new StoppedElsewhere();
    const totals = await unlessAborted(demo.look(), interrupted);
    show(totals);
    const done = !feeding && totals.every(({ waiting }) => waiting === 0);
    const late = Date.now() - startedAt > options.limitSeconds * 1000;
    if (options.untilDelivered && (done || late)) {
      await verifyNothingFollows(demo, options, done);
      return conclude(demo, options, startedAt, show);
    }
    await delay(lookEveryMs, undefined, { signal: interrupted }).catch(() => {});
  }
  if (failure !== undefined) throw failure;
  return exitOnInterrupt;
}

/** A row too many would come in a later window: waits for one more before the proof counts. */
async function verifyNothingFollows(demo: Demo, { windowSeconds }: StartOptions, done: boolean): Promise<void> {
  if (!done) return;
  await delay(windowSeconds * 1000);
  await demo.look();
}

async function conclude(demo: Demo, options: StartOptions, startedAt: number, show: Show): Promise<number> {
  const totals = await demo.look();
  show(totals, true);
  for (const [reason, count] of demo.proof.reasons()) console.log(`rejected  ${reason}: ${count}`);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (options.download !== undefined) {
    console.log(`Copied ${await demo.download(resolve(options.download))} objects to ${options.download}.`);
  }
  const wrong = demo.proof.wrong();
  const waiting = demo.proof.waiting(5);
  for (const sentence of wrong) console.log(`wrong     ${sentence}`);
  for (const { uuid, eventClass, account } of waiting) console.log(`missing   ${uuid} (${eventClass} of ${account})`);
  const complete = wrong.length === 0 && waiting.length === 0;
  console.log(
    complete
      ? `Every event that was fed is delivered, rejected or not registered for, after ${seconds} s.`
      : `Not complete after ${seconds} s: see above, and ${options.dir}/log.`,
  );
  return complete ? 0 : 1;
}

type Show = (totals: readonly ClassTotals[], last?: boolean) => void;

/** A table that stays in place on a terminal; elsewhere a line now and then, and the table at the end. */
function display(demo: Demo): Show {
  const table = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  let lineAt = 0;
  return (totals, last = false) => {
    if (table) table(flowTable(totals, demo.routed.totals, Date.now()));
    else if (last) console.log(flowTable(totals, demo.routed.totals, Date.now()));
    else if (Date.now() - lineAt >= lineEveryMs) {
      lineAt = Date.now();
      const sum = (key: 'fed' | 'delivered' | 'rejected' | 'waiting') => totals.reduce((all, row) => all + row[key], 0);
      console.log(
        `fed ${sum('fed')}, delivered ${sum('delivered')}, rejected ${sum('rejected')}, waiting ${sum('waiting')}`,
      );
    }
    if (last) table?.done();
  };
}

/** `tributary start`: everything on this machine, fed and shown. */
export function add(program: Command) {
  program
    .command('start')
    .description(
      'runs the whole product on this machine: the stack, the services, a customer, a feed, and a table of what flows',
    )
    .option(
      '--recording <file>',
      'feed a recording of Windows and Sysmon events (JSON lines, .gz too) instead of a simulated fleet',
    )
    .option(
      '--window-seconds <n>',
      'seconds between two objects of a registration (300 in production)',
      whole(1, 300),
      20,
    )
    .option(
      '--accounts <n>',
      'customers: the first and those from the fourth on register for all classes, the second for two, the third for none',
      whole(1, 100),
      1,
    )
    .option('--rate <n>', 'simulated events a second', whole(1, 100_000), 100)
    .option('--seconds <n>', 'with --until-delivered: how long the fleet is simulated', whole(1, 86_400), 30)
    .option('--seed <n>', 'another number, another fleet', whole(0, 2 ** 31 - 1), 1)
    .option('--json-share <part>', 'how many of the activities go as plain JSON instead of Avro, 0 to 1', Number, 0)
    .option(
      '--until-delivered',
      'end when every fed event is delivered, rejected or not registered for: exit code 0, else 1',
    )
    .option('--limit-seconds <n>', 'with --until-delivered: how long to wait at most', whole(1, 86_400), 900)
    .option('--download <dir>', 'with --until-delivered: copy the customers’ buckets to <dir>/<bucket>/<key>')
    .addOption(
      new Option('--dir <dir>', 'where the stack has its data, logs and addresses')
        .default('.local')
        .env('TRIBUTARY_LOCAL_DIR'),
    )
    .addOption(
      new Option(
        '--port-base <port>',
        `first of ${portsPerStack} ports; 0 chooses free ones (default: ${defaultPortBase})`,
      )
        .env('TRIBUTARY_PORT_BASE')
        .argParser(whole(0, 65_500)),
    )
    .addHelpText(
      'after',
      `
Each start begins with empty data in <dir>/data: the stand-in for S3 keeps nothing when it stops.
Examples:
  npm start -- --until-delivered --download out
  npm start -- --recording lsass-sharpdump.jsonl.gz --window-seconds 20 --until-delivered`,
    )
    .action(start);
}
