import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';

/** The call that failed: becoming the customer's role, or writing as it. */
export type LakeCall = 'assume-role' | 'put-object';

/** What errors of the SDK, of S3 and STS and of node:net have in common. */
interface ErrorFacts {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const throttled = new Set([
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
]);

const expired = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
]);

/** Refusals that come from our side of the wire or from the way: the customer can't mend them, another try may. */
const notTheCustomers = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'CredentialsProviderError',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestTimeout',
  'BadDigest',
  'InvalidDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
]);

const elsewhere = new Set(['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed']);

/**
 * The fault that an error of the AWS SDK stands for. A refusal that the customer must mend (`role-refused`,
 * `put-refused`, `bucket-missing`) is said only where the answer proves that nothing was written; whatever is unclear is
 * `lake-unavailable`. The detail names the call, the status and AWS's error code, and no data.
 *
 * Sources: S3 API "Error responses", STS API "Common errors" and AssumeRole; throttling by STS comes as a 400.
 */
export function faultOf(error: unknown, call: LakeCall): Fault {
  const { name = 'Error', code, $metadata } = (error ?? {}) as ErrorFacts;
  const status = $metadata?.httpStatusCode;
  const detail = [call, status, code ?? name].filter((part) => part !== undefined).join(' ');
  return new Fault(codeOf(name, status, call), detail, { cause: error });
}

function codeOf(name: string, status: number | undefined, call: LakeCall): FaultCode {
  if (throttled.has(name) || status === 429 || status === 503) return 'lake-throttled';
  if (notTheCustomers.has(name) || status === undefined || status >= 500) return 'lake-unavailable';
  if (expired.has(name)) return call === 'put-object' ? 'credentials-expired' : 'lake-unavailable';
  if (status < 300) return 'lake-unavailable';
  if (call === 'assume-role') return 'role-refused';
  if (status === 409) return 'lake-conflict';
  if (status === 404 || status < 400 || elsewhere.has(name)) return 'bucket-missing';
  return 'put-refused';
}

/** Whether the error says that the object of a conditional put exists. */
export function saysAlreadyThere(error: unknown): boolean {
  return (error as ErrorFacts | undefined)?.$metadata?.httpStatusCode === 412;
}
