import type { ProbeRefusal } from '@tributary/schemas/rest/probe-refusals.ts';

const firstPauseMs = 500;
const longestPauseMs = 5_000;

/** Pauses between the tries of a refused call, in ms: 0.5, 1, 2, 4 s, and 5 s from then on. */
export function* probePauses(): Generator<number, never> {
  for (let ms = firstPauseMs; ; ms *= 2) yield Math.min(ms, longestPauseMs);
}

/**
 * External ids under which a role must refuse us: those of `others`, and made-up ones. Each of these differs from the
 * customer's own in one place only, and there is one for each place, so that a wildcard anywhere lets one of them in.
 */
export function foreignIdsOf(externalId: string, others: readonly string[] = []): string[] {
  const madeUp = Array.from(externalId, (_, at) => changedAt(externalId, at));
  return [...new Set([...madeUp, ...others])].filter((id) => id !== externalId);
}

function changedAt(id: string, at: number): string {
  const other = /[0-9]/.test(id[at]!) ? String((Number(id[at]) + 1) % 10) : '0';
  return id.slice(0, at) + other + id.slice(at + 1);
}

/** What errors of the SDK for S3 say of themselves. */
interface PutRefused {
  readonly name?: string;
  readonly message?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const elsewhere = new Set(['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed']);

/**
 * What S3's error to the put with a wrong digest says about the destination; undefined when it says nothing (whoever asks
 * takes `faultOf` then). `allowed` is said for one answer only: that the digest is wrong, which S3 looks at after the
 * caller's rights.
 *
 * Source: S3 API, "Error responses"; errors of KMS reach the caller as codes of `KMS.` or as an AccessDenied about `kms:`.
 */
export function readPutAnswer(
  error: unknown,
): { readonly allowed: true } | { readonly refusal: ProbeRefusal; readonly bucketRegion?: string } | undefined {
  const refused = (error ?? {}) as PutRefused;
  const { name = '', message = '' } = refused;
  const status = refused.$metadata?.httpStatusCode;
  if (status === undefined) return undefined;
  if (status === 400 && name === 'BadDigest') return { allowed: true };
  if (elsewhere.has(name) || status === 301 || status === 307)
    return { refusal: 'bucket-elsewhere', ...regionOf(refused) };
  if (status === 404) return { refusal: 'bucket-missing' };
  if (name.startsWith('KMS.')) return { refusal: 'key-unusable' };
  if (status === 403 && /\bkms:/i.test(message)) return { refusal: 'key-refused' };
  return undefined;
}

function regionOf({ Region, $response }: PutRefused): { bucketRegion?: string } {
  const region = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  // Only what looks like a region is passed on to the customer.
  return region !== undefined && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? { bucketRegion: region } : {};
}
