import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import { type Command, Option } from 'commander';
import { placeOptions } from '../cluster.ts';
import { type KafkaPlace, withKafka } from '../kafka-place.ts';
import { readAccount, readTime } from '../option-values.ts';
import type { ReplayPlaces } from '../replay/neighbours.ts';
import type { ReplayNeighbours } from '../replay/replay.ts';
import { untilInterrupted } from '../run-kinds.ts';
import { whole } from '../whole-number.ts';

interface StartOptions extends ReplayPlaces {
  readonly account: string;
  readonly class: EventClass;
  readonly from: number;
  readonly to?: number;
  readonly limit: number;
  readonly limitMb: number;
  readonly dryRun: boolean;
  readonly again: boolean;
}

// What it needs is loaded when it runs: other commands shall not wait for that.
async function withNeighbours(places: ReplayPlaces, use: (neighbours: ReplayNeighbours) => Promise<void>) {
  const { replayNeighbours } = await import('../replay/neighbours.ts');
  await untilInterrupted(async (signal) => {
    const { neighbours, close } = await replayNeighbours(places, signal);
    await use(neighbours).finally(close);
  });
}

async function start(options: StartOptions): Promise<void> {
  const { account, from, limit, limitMb, dryRun, again } = options;
  const now = Date.now();
  const to = options.to ?? now;
  if (to > now) throw new Error('--to lies in the future: events that arrive later can’t be sent again yet.');
  if (from >= to) throw new Error('--from must lie before --to.');
  const { replay } = await import('../replay/replay.ts');
  const wanted = { registration: registrationId(account, options.class), from, to };
  await withNeighbours(options, (neighbours) =>
    replay(wanted, { dryRun, again, limits: { rows: limit, bytes: limitMb * 1e6 } }, neighbours),
  );
}

async function resume(id: string, options: ReplayPlaces): Promise<void> {
  const replays = await import('../replay/replay.ts');
  await withNeighbours(options, (neighbours) => replays.resume(id, neighbours));
}

async function list(options: KafkaPlace & { readonly account?: string }): Promise<void> {
  const { storedPlans } = await import('../replay/replay.ts');
  const { plansTable } = await import('../replay/view.ts');
  const plans = await withKafka(options, 'replay', storedPlans);
  const shown = plans.filter(({ plan }) => plan.registration.startsWith(options.account ?? ''));
  console.log(shown.length === 0 ? 'No replay was planned in the last 30 days.' : plansTable(shown));
}

const help = `
Sends the events of one registration again that *arrived* from --from up to, not including, --to. That is the time at which
Kafka appended them (LogAppendTime), not the events' own: an endpoint that was offline for a day arrives a day late. Agents'
topics keep 7 days. What arrived before the customer registered, or while the registration was paused, is sent as well. What
arrives at this moment may not be readable for half a minute: let --to lie a little back. An event that was requeued in the
time is sent once, however many copies of it lie there.

The events come into the customer's lake ONCE MORE, beside what was delivered before, as objects of their own under the
registration's present destination, role and OCSF version. Nothing else is touched: no other account, no offset, no hand-off.
First all of it is counted; then the plan is stored in the topic \`operations\`; then range after range is delivered. Killed
anywhere, the same command with the same times, or \`replay resume\`, goes on: nothing comes twice.

Examples:
  npx tributary replay --account 111122223333 --class dns-activity --from 2026-01-31T10:00:00Z --to 2026-01-31T11:00:00Z --dry-run
  npx tributary replay list
  npx tributary replay resume 0f3a5c7791b2d4e6`;

function addPlaces(command: Command, isReader = false): Command {
  command.addOption(placeOptions().dir).addOption(placeOptions().brokers);
  if (isReader) return command;
  return command
    .addOption(new Option('--redis <url>', 'another Redis').env('REDIS_URL'))
    .addOption(new Option('--schema-registry <url>', 'another schema registry').env('SCHEMA_REGISTRY_URL'))
    .addOption(
      new Option('--home-region <name>', 'of the customer')
        .choices(Object.keys(homeRegions))
        .default('us-1')
        .env('HOME_REGION'),
    );
}

/** `tributary replay`: sends the events of one registration again, on purpose. */
export function add(program: Command) {
  const replay = program
    .command('replay')
    .description('sends the events of one registration, that arrived in a time, to its lake once more')
    .usage('--account <12 digits> --class <class> --from <time> [--to <time>] [options] | list | resume <id>');
  const begin = addPlaces(replay.command('start', { isDefault: true, hidden: true }))
    .usage('--account <12 digits> --class <class> --from <time> [--to <time>] [options]')
    .requiredOption('--account <12 digits>', 'whose registration', readAccount)
    .addOption(new Option('--class <class>', 'its event class').choices(eventClassNames).makeOptionMandatory())
    .requiredOption('--from <time>', 'events that arrived from here on', readTime)
    .option('--to <time>', 'events that arrived before this (default: now)', readTime)
    .option('--limit <n>', 'refuse when there are more events', whole(1, 1_000_000_000), 1_000_000)
    .option('--limit-mb <n>', 'refuse when there are more MB of events', whole(1, 1_000_000), 2_000)
    .option('--dry-run', 'only count the events and objects', false)
    .option('--again', 'also where an earlier replay sent events of the same time', false)
    .action(start);
  addPlaces(replay.command('list').description('the replays of the last 30 days, and how far each is'), true)
    .option('--account <12 digits>', 'only of this account', readAccount)
    .action(list);
  addPlaces(replay.command('resume <id>').description('goes on with a replay that was stopped')).action(resume);
  replay.addHelpText('after', () => `\n${begin.helpInformation().split('\n').slice(2).join('\n')}${help}`);
}
