import { randomBytes, randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import {
  createApiKey,
  type KeyMaking,
  listApiKeys,
  overlapMs,
  revokeApiKey,
  rotateApiKey,
  stateOfKey,
} from '@tributary/registration/keys.ts';
import { type ApiKeyScope, apiKeyScopes } from '@tributary/schemas/redis/keys.ts';
import { createRedisRequests, createRedisStore } from '@tributary/subscriptions';
import { type Command, InvalidArgumentError } from 'commander';
import { clusterOf, type Places, placeOptions, redisOf } from '../cluster.ts';

const hourMs = 3_600_000;

function placesOf(options: Places) {
  return { stream: clusterOf('keys', options), redis: redisOf(options) };
}

async function withNeighbours<T>(options: Places, use: (neighbours: KeyMaking) => Promise<T>): Promise<T> {
  const { stream, redis } = placesOf(options);
  const publisher = stream.publisher();
  const store = createRedisStore(redis);
  const by = { actor: { kind: 'operator', name: userInfo().username }, requestId: randomUUID() } as const;
  try {
    return await use({ publisher, store, now: Date.now, randomBytes, by });
  } finally {
    await publisher.close();
    await store.close();
  }
}

const waiting = 'No registration service has brought it to Redis yet; it counts as soon as one runs.';

async function create(options: Places & { readonly account: string; readonly scopes: ApiKeyScope[] }): Promise<void> {
  const { account, scopes } = options;
  const key = await withNeighbours(options, (neighbours) => createApiKey(account, neighbours, scopes));
  // The key alone on standard output, so that a script can take it; it is shown once and kept nowhere.
  console.log(`${key.id}:${key.secret}`);
  if (!key.usable) console.error(waiting);
}

async function rotate(id: string, options: Places & { readonly overlap: number }): Promise<void> {
  const key = await withNeighbours(options, (neighbours) => rotateApiKey(id, neighbours, options.overlap * hourMs));
  console.log(`${key.id}:${key.secret}`);
  console.error(`${id} stays valid until ${key.endsAt}.${key.usable ? '' : ` ${waiting}`}`);
}

async function revoke(id: string, options: Places): Promise<void> {
  const done = await withNeighbours(options, (neighbours) => revokeApiKey(id, neighbours));
  console.log(`Revoked ${id}.${done ? '' : ` ${waiting}`}`);
}

async function list(options: Places & { readonly account: string }): Promise<void> {
  const { stream, redis } = placesOf(options);
  const keys = await listApiKeys(options.account, stream);
  const requests = createRedisRequests(redis);
  const uses = await requests.keyUses(keys.map(({ id }) => id)).finally(() => requests.close());
  if (keys.length === 0) console.log(`${options.account} has no API key. Make one with: tributary keys create`);
  for (const key of keys) {
    const scopes = (key.scopes ?? apiKeyScopes).join(',');
    const used = uses.get(key.id);
    const use = used === undefined ? 'not used yet' : `last used ${used.slice(0, 16)}Z`;
    console.log(`${key.id}  ${scopes}  ${stateOfKey(key, Date.now())}  made ${key.createdAt}  ${use}`);
  }
}

function readScopes(text: string): ApiKeyScope[] {
  const scopes = apiKeyScopes.filter((scope) => text.split(',').includes(scope));
  if (scopes.length === 0 || scopes.join(',').length !== text.length)
    throw new InvalidArgumentError(`Send ${apiKeyScopes.join(', ')} or ${apiKeyScopes.join(',')}.`);
  return scopes;
}

function readHours(text: string): number {
  const hours = Number(text);
  if (text !== '' && hours >= 0 && hours <= 24 * 90) return hours;
  throw new InvalidArgumentError('Send a number of hours from 0 to 2160.');
}

/** `tributary keys`: the API keys with which customers register. */
export function add(program: Command) {
  const keys = program.command('keys').description('API keys of customers');
  const places = Object.values(placeOptions());
  const all = [
    keys
      .command('create')
      .description('makes an API key and prints it as <id>:<secret>, once')
      .requiredOption('--account <12 digits>', 'whose key it is')
      .option('--scopes <read,write>', 'what it may be used for', readScopes, [...apiKeyScopes])
      .action(create),
    keys
      .command('list')
      .description('lists the keys of an account, with when each was last used (to the minute)')
      .requiredOption('--account <12 digits>', 'whose keys')
      .action(list),
    keys
      .command('rotate <id>')
      .description('makes a key in place of another and prints it once; the other stays valid for a while')
      .option('--overlap <hours>', 'how long the other stays valid', readHours, overlapMs / hourMs)
      .action(rotate),
    keys.command('revoke <id>').description('revokes an API key for ever').action(revoke),
  ];
  for (const place of places) for (const command of all) command.addOption(place);
}
