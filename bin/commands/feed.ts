import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Endpoints, readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { showProgress } from '@tributary/local/feed/display.ts';
import { type ActivityEncoder, feed } from '@tributary/local/feed/feed.ts';
import type { FeedRecord } from '@tributary/local/feed/feed-record.ts';
import { simulatedAccounts } from '@tributary/local/feed/fleet.ts';
import { isRunName } from '@tributary/local/feed/ledger.ts';
import { countSkipped, emptyCounts, type FeedCounts, skippedTable } from '@tributary/local/feed/progress.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { hardCaseRecords, recordingRecords } from '@tributary/local/feed/sources.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { whole } from '../whole-number.ts';

interface FeedCommandOptions {
  readonly recording?: string;
  readonly simulate?: true;
  readonly hardCases?: true;
  readonly account?: string[];
  readonly accounts: number;
  readonly accountOf?: Map<string, string>;
  readonly hosts: number;
  readonly rate?: number;
  readonly seconds: number;
  readonly seed: number;
  readonly run?: string;
  readonly start?: number;
  readonly jsonShare: number;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly dir: string;
}

function share(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('Allowed: 0 to 1, such as 0.1 for one event in ten.');
}

function account(text: string): string {
  if (/^[0-9]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('An account is 12 digits.');
}

function runName(text: string): string {
  if (isRunName(text)) return text;
  throw new InvalidArgumentError('Allowed: up to 64 letters, digits, points, dashes and underscores.');
}

function instant(text: string): number {
  const time = text === 'now' ? Date.now() : Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('Allowed: now, or a time such as 2026-01-31T23:59:00Z.');
}

function hostAccount(text: string, earlier = new Map<string, string>()): Map<string, string> {
  const [host, id] = text.split('=');
  if (!host || id === undefined) throw new InvalidArgumentError('Allowed: HOST=ACCOUNT.');
  return new Map(earlier).set(host, account(id));
}

/** The accounts that own the events: those that were named, else the stack's first customer, then made-up ones. */
function accountsOf(options: FeedCommandOptions, endpoints: Endpoints): string[] {
  if (options.account) return options.account;
  const first = endpoints.accountId === undefined ? [] : [endpoints.accountId];
  return [...first, ...simulatedAccounts(options.accounts)].slice(0, options.accounts);
}

const simulatedRate = 100;

/** What is fed, and how many events that is where it is known. */
function recordsOf(
  options: FeedCommandOptions,
  { run, accounts, counts, encoder }: { run: string; accounts: string[]; counts: FeedCounts; encoder: ActivityEncoder },
): { records: Iterable<FeedRecord> | AsyncIterable<FeedRecord>; expected: number; rate: number | undefined } {
  const { recording, accountOf, start, rate, seed } = options;
  if (recording !== undefined) {
    const records = recordingRecords(recording, {
      run,
      accounts,
      ...(accountOf === undefined ? {} : { accountOfHost: accountOf }),
      ...(start === undefined ? {} : { startMs: start }),
      onSkipped: (name) => countSkipped(counts, name),
    });
    return { records, expected: 0, rate };
  }
  const startMs = start ?? Date.now();
  if (options.hardCases) {
    const records = accounts.flatMap((id) => [
      ...hardCaseRecords({ account: id, run: `${run}/${id}`, seed }, startMs, encoder.schemaIdOf),
    ]);
    return { records, expected: records.length, rate };
  }
  const perSecond = rate ?? simulatedRate;
  const expected = perSecond * options.seconds;
  const records = simulate({
    seed,
    run,
    accounts,
    startMs,
    hostsPerAccount: options.hosts,
    count: expected,
    stepMs: 1000 / perSecond,
  });
  return { records, expected, rate: perSecond };
}

function checkSource({ recording, simulate: simulated, hardCases }: FeedCommandOptions): void {
  if ([recording, simulated, hardCases].filter(Boolean).length !== 1)
    throw new Error('Say what to feed: --recording FILE, --simulate or --hard-cases, and only one of them.');
  if (recording === undefined) return;
  if (!existsSync(recording)) throw new Error(`There is no file ${recording}.`);
  if (!statSync(recording).isFile()) throw new Error(`${recording} is no file. Name one recording.`);
}

async function run(options: FeedCommandOptions): Promise<void> {
  checkSource(options);
  const endpoints = readEndpoints(options.dir);
  const name = options.run ?? new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const counts = emptyCounts();
  const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
  const accounts = accountsOf(options, endpoints);
  const { records, expected, rate } = recordsOf(options, { run: name, accounts, counts, encoder });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = showProgress(counts, { expected, out: process.stdout, now: Date.now });
  try {
    const fed = await feed(records, {
      run: name,
      stackDirectory: stackDirectory(options.dir),
      stream: createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'feed', log: silentLog }),
      encoder,
      compression: options.compression,
      jsonShare: options.jsonShare,
      ...(rate === undefined ? {} : { ratePerSecond: rate }),
      clock: { now: Date.now, sleep: (ms) => sleep(ms).then(() => undefined) },
      signal: stop.signal,
      counts,
    });
    progress.stop();
    if (counts.skipped.size > 0) console.log(`Skipped, because no agent reports them:\n${skippedTable(counts)}`);
    console.log(`Run ${name}, accounts ${accounts.join(', ')}. Ledger: ${fed.ledgerPath}`);
  } finally {
    // Also after a failure: what was acknowledged until then is in the ledger.
    progress.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** `tributary feed`: agent activity for the stack on this machine, from a recording or a simulated fleet. */
export function add(program: Command) {
  program
    .command('feed')
    .description('produces agent activity into a running stack, and keeps a ledger of what the broker acknowledged')
    .option('--recording <file>', 'a recording of Windows and Sysmon events: JSON lines, .gz too')
    .option('--simulate', 'a simulated fleet of Windows, Linux and macOS hosts, the same for the same seed')
    .option('--hard-cases', 'events across midnight, strings of 16 and 256 KiB, and records that must be rejected')
    .option(
      '--accounts <n>',
      'how many accounts own the events: the first customer of the stack, then others',
      whole(1, 10_000),
      1,
    )
    .option(
      '--account <id...>',
      'these accounts, instead of --accounts; 12 digits each',
      (id: string, ids: string[] = []) => [...ids, account(id)],
    )
    .option('--account-of <host=id>', 'recording: a host that belongs to one account; may be repeated', hostAccount)
    .option('--hosts <n>', 'simulate: hosts per account', whole(1, 10_000), 20)
    .option(
      '--rate <n>',
      `events a second (simulate: ${simulatedRate}; else as fast as the broker takes them)`,
      whole(1, 1_000_000),
    )
    .option('--seconds <n>', 'simulate: for how long', whole(1, 10_000_000), 60)
    .option('--seed <n>', 'simulate: another number, another fleet', whole(0, 2 ** 31 - 1), 1)
    .option('--start <time>', 'when the first event happened (default: simulate now; recording when it did)', instant)
    .option('--run <name>', 'names the run in its ledger and uuids (default: the time)', runName)
    .option('--json-share <part>', 'how many of the activities go as plain JSON instead of Avro', share, 0)
    .addOption(
      new Option('--compression <name>', 'of the batches')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--dir <dir>', 'where the stack has its data, logs and addresses')
        .default('.local')
        .env('TRIBUTARY_LOCAL_DIR'),
    )
    .addHelpText(
      'after',
      `
Examples:
  npx tributary feed --simulate --accounts 3 --rate 500 --seconds 120
  npx tributary feed --recording lsass-sharpdump.jsonl.gz --start now --json-share 0.1
The same seed, run and start give the same events. The ledger is <dir>/feed/<run>.jsonl: one line for each event with
its uuid, class, account, time, place in Kafka and what must become of it.`,
    )
    .action(run);
}
