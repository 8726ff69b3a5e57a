import { isLoopback } from '../loopback.ts';

const defaultPorts = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

/** One server. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is: one server, the nodes of a cluster, or the sentinels that know the primary called `name`. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  readonly hosts: readonly RedisHost[];
  /** Of sentinels: the name under which they watch the primary. */
  readonly name: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

const form = /^(rediss?)(-sentinel|-cluster)?:\/\/(?:([^@/]*)@)?([^/@]+)(?:\/([^/?]*))?(?:\/(\d+))?$/;
const hostForm = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

/**
 * Reads an address: `rediss://user:password@host:6379/0`, `rediss-sentinel://user:password@host:26379,host:26379/name`
 * (then, if need be, `/<database>`) or `rediss-cluster://user:password@host:6379,host:6379`; without the second s they
 * are plain. The user and password are those of Redis itself. Undefined when it is none of these.
 */
export function parseRedisAddress(address: string): RedisAddress | undefined {
  const parts = form.exec(address);
  if (parts === null) return undefined;
  const [, protocol, suffix, credentials, list, path = '', last] = parts;
  const kind = suffix === '-sentinel' ? 'sentinel' : suffix === '-cluster' ? 'cluster' : 'single';
  const hosts = list!.split(',').map((text) => readHost(text, defaultPorts[kind]));
  const sound = hosts.every((host) => host !== undefined) && (kind !== 'single' || hosts.length === 1);
  const database = kind === 'sentinel' ? (last ?? '0') : path || '0';
  const named = kind === 'sentinel' ? path !== '' : last === undefined;
  if (!sound || !named || !/^\d{1,4}$/.test(database) || (kind === 'cluster' && path !== '')) return undefined;
  const [username, password] = readCredentials(credentials);
  return {
    ...{ kind, hosts: hosts as RedisHost[], username, password },
    tls: protocol === 'rediss',
    name: kind === 'sentinel' ? path : undefined,
    database: Number(database),
  };
}

/**
 * Why a Redis address may not be used, or undefined when it may: TLS anywhere, plain only where every server named is on
 * this machine, because it carries hashes of keys and where every customer's data goes.
 */
export function plainRedisRefusal(address: string): string | undefined {
  const parsed = parseRedisAddress(address);
  if (parsed === undefined)
    return 'must be like rediss://user:password@host:6379, rediss-sentinel://host:26379,host:26379/name or rediss-cluster://host:6379,host:6379 (redis… without TLS on this machine)';
  if (parsed.tls || parsed.hosts.every(({ host }) => isLoopback(host))) return undefined;
  return 'is without TLS, which only an address of this machine may be';
}

/** The address with a user and password of Redis in it. Only for an address that `parseRedisAddress` reads and that has none. */
export function withRedisCredentials(address: string, username: string | undefined, password: string): string {
  return address.replace('://', `://${encodeURIComponent(username ?? '')}:${encodeURIComponent(password)}@`);
}

function readHost(text: string, defaultPort: number): RedisHost | undefined {
  const [, host, port] = hostForm.exec(text) ?? [];
  if (host === undefined || Number(port ?? defaultPort) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) };
}

/** `user:password`, or a password alone as `:password`. */
function readCredentials(text: string | undefined): [username: string | undefined, password: string | undefined] {
  if (text === undefined || text === '') return [undefined, undefined];
  const colon = text.indexOf(':');
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return [decode(user) || undefined, decode(password) || undefined];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
