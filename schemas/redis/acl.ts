import { redisKeys, registrationLockKey } from './keys.ts';
import { requestKeys } from './request-keys.ts';

/** What a user of Redis’ ACL may do: these commands, on these keys (glob patterns), and nothing else. */
export interface RedisUser {
  readonly name: 'consumer' | 'flusher' | 'registration' | 'operator';
  readonly keys: readonly string[];
  readonly commands: readonly string[];
}

/** What a connection says of itself: who it is, which database it wants, and whether the server is ready. */
const connecting = ['auth', 'hello', 'info', 'ping', 'select'];
const reading = ['exec', 'get', 'hget', 'hmget', 'hscan', 'multi', 'xrange'];
/** Scripts may run only what their user may. */
const building = ['del', 'eval', 'exists', 'hset', 'set', 'unlink', 'xadd'];

const { registrations, version, changes, sentinel } = redisKeys;
const any = '*';

/**
 * Who may do what in Redis. Only names of Redis 6.2 are used, which knows no keys that may only be read: what a user may
 * not write, it has no command for.
 */
export const redisUsers: readonly RedisUser[] = [
  ...(['consumer', 'flusher'] as const).map(
    (name): RedisUser => ({
      name,
      keys: [registrations, version, changes, sentinel],
      commands: [...connecting, 'exec', 'get', 'hscan', 'multi', 'xrange'],
    }),
  ),
  {
    name: 'registration',
    keys: [
      ...Object.values(redisKeys),
      ...[registrationLockKey(any), requestKeys.rate(any), requestKeys.answer(any, any), requestKeys.keyUse],
    ],
    commands: [...connecting, ...reading, ...building, 'hdel', 'hlen', 'incr', 'pexpire', 'pttl'],
  },
  {
    name: 'operator',
    keys: [...Object.values(redisKeys), requestKeys.keyUse],
    commands: [...connecting, ...reading, ...building, 'hlen'],
  },
];

/** The words of `ACL SETUSER` that make this user anew; `password` is one word of Redis: `>text` or `#<sha256 in hex>`. */
export function setUserWords({ name, keys, commands }: RedisUser, password: string): string[] {
  const allowed = [...new Set(commands)].sort().map((command) => `+${command}`);
  return [name, 'reset', 'on', password, ...keys.map((key) => `~${key}`), ...allowed];
}
