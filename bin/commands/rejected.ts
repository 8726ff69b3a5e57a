import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { faults } from '@tributary/schemas/faults.ts';
import { readEventPosition } from '@tributary/schemas/kafka/rejected.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { placeOptions } from '../cluster.ts';
import { type KafkaPlace, withKafka } from '../kafka-place.ts';
import { readAccount, readTime } from '../option-values.ts';
import { type RejectedEntry, type RejectedFilter, readRejected } from '../rejected/entries.ts';
import { failedAgain, requeuedBefore } from '../rejected/marks.ts';
import { requeue as requeueEvents } from '../rejected/requeue.ts';
import { entriesTable, entryText, faultsTable, type ListedEntry, requeueText } from '../rejected/view.ts';
import { whole } from '../whole-number.ts';

interface FilterOptions extends KafkaPlace {
  readonly class?: EventClass;
  readonly fault?: string;
  readonly account?: string;
  readonly since?: number;
}

function filterOf({ class: eventClass, fault, account, since }: FilterOptions): RejectedFilter {
  return {
    ...(eventClass === undefined ? {} : { eventClass }),
    ...(fault === undefined ? {} : { fault }),
    ...(account === undefined ? {} : { account }),
    ...(since === undefined ? {} : { since }),
  };
}

const list = (options: FilterOptions & { readonly show: number; readonly json: boolean }) =>
  withKafka(options, 'rejected', async ({ stream, admin }) => {
    const requeued = await requeuedBefore({ stream, admin });
    const counts = new Map<string, { all: number; requeued: number }>();
    let newest: ListedEntry[] = [];
    await readRejected({ stream, admin }, filterOf(options), (whole) => {
      const { value: _, headers: __, key: ___, ...entry } = { ...whole, failedAgain: failedAgain(whole, requeued) };
      const count = counts.get(entry.fault) ?? { all: 0, requeued: 0 };
      counts.set(entry.fault, count);
      count.all += 1;
      if (requeued.has(entry.event)) count.requeued += 1;
      if (options.json) console.log(JSON.stringify({ ...entry, requeued: requeued.has(entry.event) }));
      newest.push(entry);
      if (newest.length > 2 * options.show) newest = newest.slice(-options.show);
    });
    if (options.json) return;
    if (counts.size === 0) return console.log('Nothing of the kind was rejected in the last 14 days.');
    newest = newest.slice(-options.show);
    console.log(`${entriesTable(newest, requeued)}\n\n${faultsTable(counts)}`);
    const all = [...counts.values()].reduce((sum, count) => sum + count.all, 0);
    if (all > newest.length)
      console.log(`\nOf ${all} events the last ${newest.length} are shown: see more with --show.`);
  });

const show = (event: string, options: KafkaPlace & { readonly raw: boolean }) =>
  withKafka(options, 'rejected', async ({ stream, admin }) => {
    let found: RejectedEntry | undefined;
    await readRejected({ stream, admin }, { events: [event] }, (entry) => {
      found = { ...entry, value: entry.value === null ? null : Buffer.from(entry.value) };
    });
    if (found === undefined)
      throw new Error(`No rejected event came from ${event}. Look at: npx tributary rejected list`);
    if (options.raw) process.stdout.write(found.value ?? '');
    else console.log(entryText(found, (await requeuedBefore({ stream, admin })).has(event)));
  });

interface RequeueOptions extends FilterOptions {
  readonly dryRun: boolean;
  readonly again?: number | true;
  readonly limit: number;
}

async function requeue(events: readonly string[], options: RequeueOptions): Promise<void> {
  const filter = { ...filterOf(options), ...(events.length === 0 ? {} : { events }) };
  if (Object.keys(filter).length === 0)
    throw new Error('Say which events: by their positions, or with --class, --fault, --account or --since.');
  await withKafka(options, 'rejected', async ({ stream, admin }) => {
    const by = { now: Date.now, operator: userInfo().username, requestId: randomUUID() };
    const again = options.again === true ? by.now() : options.again;
    const done = await requeueEvents(filter, { ...options, again }, { stream, admin, ...by });
    console.log(requeueText(done, options.dryRun));
  });
}

function readEvent(text: string, earlier: readonly string[] = []): string[] {
  if (readEventPosition(text) !== undefined) return [...earlier, text];
  throw new InvalidArgumentError('An event is named as the list names it, such as dns-activity/3/120034.');
}

const help = `
What can't be delivered is kept on the topic \`rejected\` for 14 days, with its bytes and the reason. An event is named by where
it came from: class/partition/offset of its agent topic, with @epoch behind it where that topic was made anew (SOURCE_EPOCHS).

requeue produces the original bytes to the agent topic again, with the same key and partition and a header \`requeued-from\`;
the agent's own headers aren't kept. Do it after what was wrong is mended on our side: the event arrives anew and goes the
whole way. Each is sent once: a mark in the topic \`operations\` stands in the same transaction, and a second requeue leaves
what has one alone unless --again is said. The header counts only where it fits such a mark: producers may write it too. Batches that can't be decoded, and records without a value, can't be sent.

What list and show print is the customers' data: it goes to your terminal and into no log.

Examples:
  npx tributary rejected list --fault unknown-schema-id --since 2026-01-31T10:00:00Z
  npx tributary rejected show dns-activity/3/120034
  npx tributary rejected requeue --fault unknown-schema-id --class dns-activity --dry-run`;

/** `tributary rejected`: what can't be delivered, and its second way. */
export function add(program: Command) {
  const rejected = program
    .command('rejected')
    .description('events that can’t be delivered: lists and shows them, and sends them on their way again after a fix')
    .addHelpText('after', help);
  const filters = [
    new Option('--class <class>', 'only of this event class').choices(eventClassNames),
    new Option('--fault <code>', 'only for this fault').choices(Object.keys(faults)),
    new Option('--account <12 digits>', 'only of this account, as far as it is known').argParser(readAccount),
    new Option('--since <time>', 'only what was rejected at this time or later').argParser(readTime),
  ];
  const listing = rejected
    .command('list')
    .description('the last rejected events, and how many there are of each fault')
    .option('--show <n>', 'how many are shown', whole(0, 1_000_000), 50)
    .option('--json', 'all of them, one JSON object a line, without their bytes', false)
    .action(list);
  const showing = rejected
    .command('show')
    .description('one rejected event with its headers and bytes')
    .argument('<event>', 'class/partition/offset', (text: string) => readEvent(text)[0]!)
    .option('--raw', 'only its bytes, as they came', false)
    .action(show);
  const requeueing = rejected
    .command('requeue')
    .description('produces rejected events to their agent topic again, each once')
    .argument('[events...]', 'class/partition/offset of each; or say which with options', readEvent, [])
    .option('--dry-run', 'only count', false)
    .option('--again [time]', 'also what was last requeued before this time (now, where none is given)', readTime)
    .option('--limit <n>', 'refuse when there are more events', whole(1, 100_000_000), 100_000)
    .action(requeue);
  for (const filter of filters) for (const command of [listing, requeueing]) command.addOption(filter);
  for (const command of [listing, showing, requeueing]) {
    command.addOption(placeOptions().dir).addOption(placeOptions().brokers);
  }
}
