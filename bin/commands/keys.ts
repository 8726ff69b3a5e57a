import { randomBytes } from 'node:crypto';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createApiKey, revokeApiKey } from '@tributary/registration/keys.ts';
import { createLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createRedisStore } from '@tributary/subscriptions';
import { type Command, Option } from 'commander';

interface KeysOptions {
  readonly dir: string;
  readonly brokers?: string;
  readonly redis?: string;
}

type Neighbours = Parameters<typeof revokeApiKey>[1];

async function withNeighbours<T>(options: KeysOptions, use: (neighbours: Neighbours) => Promise<T>): Promise<T> {
  const log = createLog('keys', 'error');
  const brokers = options.brokers?.split(',') ?? [readEndpoints(options.dir).kafka];
  const publisher = createKafkajsStream({ brokers, clientId: 'tributary-keys', log }).publisher();
  const store = createRedisStore({ url: options.redis ?? readEndpoints(options.dir).redis });
  try {
    return await use({ publisher, store, now: Date.now });
  } finally {
    await publisher.close();
    await store.close();
  }
}

const waiting = 'No registration service has brought it to Redis yet; it counts as soon as one runs.';

async function create({ account, ...options }: KeysOptions & { readonly account: string }): Promise<void> {
  const key = await withNeighbours(options, (neighbours) => createApiKey(account, { ...neighbours, randomBytes }));
  // The key alone on standard output, so that a script can take it; it is shown once and kept nowhere.
  console.log(`${key.id}:${key.secret}`);
  if (!key.usable) console.error(waiting);
}

async function revoke(id: string, options: KeysOptions): Promise<void> {
  const done = await withNeighbours(options, (neighbours) => revokeApiKey(id, neighbours));
  console.log(`Revoked ${id}.${done ? '' : ` ${waiting}`}`);
}

/** `tributary keys`: the API keys with which customers register. */
export function add(program: Command) {
  const keys = program.command('keys').description('API keys of customers');
  const places = [
    new Option('--dir <dir>', 'the local stack to use').default('.local').env('TRIBUTARY_LOCAL_DIR'),
    new Option('--brokers <host:port,…>', 'another cluster').env('KAFKA_BROKERS'),
    new Option('--redis <url>', 'another Redis').env('REDIS_URL'),
  ];
  const make = keys
    .command('create')
    .description('makes an API key and prints it as <id>:<secret>, once')
    .requiredOption('--account <12 digits>', 'whose key it is')
    .action(create);
  const end = keys.command('revoke <id>').description('revokes an API key for ever').action(revoke);
  for (const place of places) for (const command of [make, end]) command.addOption(place);
}
