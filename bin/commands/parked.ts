import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { ParkedOrder } from '@tributary/schemas/lake/parked-object.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { placeOptions } from '../cluster.ts';
import { findParked, giveOrder, type ParkedObject, type ParkedSelection } from '../parked/parked.ts';
import { type ParkedPlaces, parkingOf, publisherOf } from '../parked/places.ts';
import { duplicateWarning, faultLegend, orderedText, parkedTable } from '../parked/view.ts';
import { whole } from '../whole-number.ts';

interface Options extends ParkedPlaces {
  readonly account?: string;
  readonly class?: string;
  readonly key?: string;
  readonly limit: number;
  readonly json: boolean;
}

const selectionOf = ({ account, class: eventClass, key }: Options): ParkedSelection => ({
  ...(account === undefined ? {} : { account }),
  ...(eventClass === undefined ? {} : { eventClass }),
  ...(key === undefined ? {} : { key }),
});

async function list(options: Options & { readonly expired: boolean }): Promise<void> {
  const parking = parkingOf(options);
  const { found, more } = await findParked(parking, selectionOf(options), options).finally(() => parking.close());
  if (options.json) {
    for (const object of found) console.log(JSON.stringify(object));
  } else if (found.length === 0) {
    console.log(options.expired ? 'No object was given up.' : 'No object is parked.');
  } else {
    console.log(`${parkedTable(found)}\n\n${faultLegend(found)}`);
  }
  if (more) console.error(`There are more than ${options.limit}: see --limit, --account and --class.`);
}

/** Orders something for the objects that are meant, unless `prepare` says no. */
async function order(
  options: Options,
  what: ParkedOrder,
  prepare: (objects: readonly ParkedObject[]) => boolean,
): Promise<void> {
  if (options.account === undefined && options.key === undefined)
    throw new Error('Say which objects are meant: --account (and --class), or --key.');
  const parking = parkingOf(options);
  const publisher = publisherOf(options);
  try {
    const { found, more } = await findParked(parking, selectionOf(options), options);
    if (found.length === 0) throw new Error('No object is parked that fits.');
    if (!prepare(found)) return;
    const by = { name: userInfo().username, requestId: randomUUID(), now: Date.now() };
    await giveOrder(found, what, by, { parking, publisher });
    if (options.json) for (const { key } of found) console.log(JSON.stringify({ key, order: what }));
    else console.log(orderedText(found.length, what));
    if (more) console.error(`There are more than ${options.limit}: say it again, or raise --limit.`);
  } finally {
    await publisher.close();
    parking.close();
  }
}

function retry(options: Options & { readonly toCurrent: boolean }): Promise<void> {
  return order(options, options.toCurrent ? 'to-current' : 'retry', (objects) => {
    if (options.toCurrent) console.error(duplicateWarning(objects, Date.now()));
    return true;
  });
}

function drop(options: Options & { readonly confirm: boolean }): Promise<void> {
  return order(options, 'drop', (objects) => {
    if (options.confirm) return true;
    const rows = objects.reduce((sum, { facts }) => sum + facts.rows, 0);
    console.log(`${parkedTable(objects)}\n`);
    console.error(
      `These ${objects.length} objects with ${rows} rows would be deleted for ever. To do that, say it again with --confirm.`,
    );
    process.exitCode = 1;
    return false;
  });
}

function readAccount(text: string): string {
  if (/^[0-9]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('An account is 12 digits.');
}

const help = `
An object is parked in our own bucket when the customer's lake refuses it (its role, its bucket, its rights), doesn't answer for 30
seconds, or takes longer than a minute for those of a window. The flusher that owns its hand-off partition tries it again with growing pauses, the oldest of a customer first, for 14
days; then it is moved to expired/ in our bucket, with a receipt. When the lake takes objects again, everything goes by itself.

  retry               tries the objects now instead of at their next time
  retry --to-current  … at the bucket and prefix that the customer has registered now. By itself an object goes there only when
                      every try was refused for certain and an hour has passed; else its rows may be there TWICE
  drop --confirm      deletes the objects, with a receipt for each

Examples:
  npx tributary parked list --account 111122223333
  npx tributary parked retry --account 111122223333 --class dns-activity
  npx tributary parked list --expired --json`;

function addOptions(command: Command, limit: number): Command {
  const places = placeOptions();
  return command
    .option('--account <12 digits>', 'only of this account', readAccount)
    .addOption(new Option('--class <class>', 'only of this event class').choices(eventClassNames))
    .option('--key <key>', 'only this object: its key in our own bucket')
    .option('--limit <n>', 'no more objects than this', whole(1, 100_000), limit)
    .option('--json', 'one JSON object a line', false)
    .addOption(places.dir)
    .addOption(places.brokers)
    .addOption(new Option('--bucket <name>', 'another bucket than that of the local stack').env('PARKING_BUCKET'))
    .addOption(new Option('--region <region>', 'the AWS region of --bucket').env('PARKING_REGION'))
    .addOption(new Option('--endpoint <url>', 'a stand-in for S3').env('AWS_ENDPOINT_URL'));
}

/** `tributary parked`: what waits in our own bucket because customers' lakes refuse it. */
export function add(program: Command) {
  const parked = program
    .command('parked')
    .description('objects that customers’ lakes refuse: shows them, tries them now, drops them')
    .addHelpText('after', help);
  addOptions(parked.command('list').description('shows parked objects, oldest first of each customer'), 100)
    .option('--expired', 'those that were given up after 14 days instead', false)
    .action(list);
  addOptions(parked.command('retry').description('tries parked objects now'), 10_000)
    .option('--to-current', 'at the newest destination of their registration: may duplicate', false)
    .action(retry);
  addOptions(parked.command('drop').description('deletes parked objects for ever, with a receipt for each'), 10_000)
    .option('--confirm', 'really do it', false)
    .action(drop);
}
