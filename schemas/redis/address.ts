const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Why a Redis address may not be used, or undefined when it may: TLS (`rediss:`) anywhere, plain (`redis:`) only on
 * loopback, because it carries hashes of keys and where every customer's data goes.
 */
export function plainRedisRefusal(address: string): string | undefined {
  if (!URL.canParse(address)) return 'is not a URL such as rediss://user:password@host:6379';
  const url = new URL(address);
  if (url.protocol === 'rediss:') return undefined;
  if (url.protocol !== 'redis:') return 'must start with rediss:// (or redis:// on this machine)';
  return loopback.test(url.hostname) ? undefined : 'is without TLS, which only an address of this machine may be';
}
