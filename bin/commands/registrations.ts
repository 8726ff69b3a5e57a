import { confirmLoss } from '@tributary/registration/applier-known.ts';
import { compare, putStraysRight, readJournal } from '@tributary/registration/rebuild.ts';
import type { Stream } from '@tributary/stream';
import { createRedisStore, readKnown, refuseMassLoss, type SubscriptionStore } from '@tributary/subscriptions';
import { type Command, InvalidArgumentError } from 'commander';
import { clusterOf, type Places, placeOptions, redisOf } from '../cluster.ts';

interface Neighbours {
  readonly stream: Stream;
  readonly store: SubscriptionStore;
}

async function withNeighbours(options: Places, use: (neighbours: Neighbours) => Promise<void>): Promise<void> {
  const store = createRedisStore(redisOf(options));
  try {
    await use({ stream: clusterOf('registrations', options), store });
  } finally {
    await store.close();
  }
}

async function known(stream: Stream) {
  const admin = stream.admin();
  return readKnown(admin).finally(() => admin.close());
}

const rebuild = (options: Places & { readonly dryRun?: true }) =>
  withNeighbours(options, async ({ stream, store }) => {
    const { fold, version } = await readJournal(stream);
    const { missing, different, surplus } = await compare(fold, store);
    console.log(`The journal at version ${version} has ${fold.registrations} registrations.`);
    console.log(`Redis lacks ${missing}, has ${different} otherwise and ${surplus} that the journal has not.`);
    refuseMassLoss(fold, await known(stream));
    if (options.dryRun) return;
    const publisher = stream.publisher();
    await putStraysRight(fold, publisher).finally(() => publisher.close());
    const began = performance.now();
    const outcome = await store.rebuild(fold.changes(), version, { force: true });
    if (outcome === 'busy') throw new Error('Another process rebuilds Redis at this moment. Look again in 10 seconds.');
    if (outcome === 'newer') throw new Error('Redis has a newer version by now. Do it again.');
    console.log(`Built Redis from the journal in ${Math.round(performance.now() - began)} ms.`);
  });

const list = (options: Places & { readonly account: string }) =>
  withNeighbours(options, async ({ store }) => {
    const all = await store.registrationsOf(options.account);
    if (all.length === 0) console.log(`${options.account} has no registration.`);
    for (const { eventClass, state, generation, destination, ocsfVersion, changedAt, earlier } of all) {
      const to = `s3://${destination.bucketName}/${destination.prefix}/`;
      const before = earlier.length === 0 ? '' : `  ${earlier.length} earlier`;
      console.log(
        `${eventClass}  ${state}  generation ${generation}  OCSF ${ocsfVersion}  ${to}  ${changedAt}${before}`,
      );
      console.log(`  as ${destination.roleARN}`);
    }
  });

const confirmRemoval = (options: Places & { readonly version?: number }) =>
  withNeighbours(options, async ({ stream }) => {
    const { fold, version } = await readJournal(stream);
    const before = await known(stream);
    const gone = (before?.registrations ?? 0) - fold.registrations;
    console.log(`The journal at version ${version} has ${fold.registrations} registrations, ended ones too.`);
    if (gone <= 0) return console.log('None of those that were known is gone: there is nothing to confirm.');
    console.log(`${gone} of the ${before!.registrations} that were known at version ${before!.version} are gone.`);
    if (options.version === undefined)
      return console.log(`If nobody will miss them: npx tributary registrations confirm-removal --version ${version}`);
    if (options.version !== version)
      throw new Error(`The journal is at version ${version}, not ${options.version}. Look at what it says now first.`);
    await confirmLoss({ version, registrations: fold.registrations }, { stream });
    console.log('Confirmed. What was paused goes on by itself within seconds.');
  });

function readAccount(text: string): string {
  if (/^[0-9]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('An account is 12 digits.');
}

function readVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A version is an offset of the journal.');
}

/** `tributary registrations`: what an operator may look at and put right. */
export function add(program: Command) {
  const registrations = program.command('registrations').description('registrations in Redis and in their journal');
  const places = Object.values(placeOptions());
  const all = [
    registrations
      .command('rebuild')
      .description('makes Redis anew from the journal; consumers pause meanwhile and go on by themselves')
      .option('--dry-run', 'only says how Redis differs from the journal')
      .action(rebuild),
    registrations
      .command('list')
      .description('lists the registrations of an account, ended ones too')
      .requiredOption('--account <12 digits>', 'whose registrations', readAccount)
      .action(list),
    registrations
      .command('confirm-removal')
      .description('says that many registrations are gone on purpose, after which those that refused to believe it do')
      .option('--version <n>', 'exactly the version of the journal that you looked at', readVersion)
      .action(confirmRemoval),
  ];
  for (const place of places) for (const command of all) command.addOption(place);
}
