/** The two calls of a delivery: becoming the customer's role, and writing as it. */
export type LakeCall = 'AssumeRole' | 'PutObject';
/** Both calls. */
export const lakeCalls: readonly LakeCall[] = ['AssumeRole', 'PutObject'];

/**
 * What AWS, or the way to it, does to a call:
 *
 * - `403` … `503`: answers so, and nothing was done;
 * - `412`: does it, and answers as to one who tries again. A 412 for an object that isn't there would be a broken S3, and
 *   is never said: the object always lies in the bucket before the answer goes out;
 * - `reset`: cuts the connection before anything was sent on;
 * - `lost-answer`: does it, and cuts the connection instead of answering;
 * - `slow`: does it, and answers a few bytes a second;
 * - `hang`: takes the request and never answers;
 * - `expired`: the sessions that have put into a bucket before, or else the first one, are answered 400 ExpiredToken; new
 *   ones are good.
 */
export const lakeFaultKinds = [
  ...(['403', '404', '409', '412', '429', '500', '503'] as const),
  ...(['reset', 'lost-answer', 'slow', 'hang', 'expired'] as const),
] as const;
export type LakeFaultKind = (typeof lakeFaultKinds)[number];

/** An error of S3 or STS: status, code and message as AWS words them. */
export interface LakeError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const s3Errors: Partial<Record<LakeFaultKind, LakeError>> = {
  '403': { status: 403, code: 'AccessDenied', message: 'Access Denied' },
  '404': { status: 404, code: 'NoSuchBucket', message: 'The specified bucket does not exist' },
  '409': {
    status: 409,
    code: 'ConditionalRequestConflict',
    message: 'The conditional request cannot succeed due to a conflicting operation against this resource.',
  },
  '412': {
    status: 412,
    code: 'PreconditionFailed',
    message: 'At least one of the pre-conditions you specified did not hold',
  },
  '429': { status: 429, code: 'TooManyRequests', message: 'Please reduce your request rate.' },
  '500': { status: 500, code: 'InternalError', message: 'We encountered an internal error. Please try again.' },
  '503': { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  expired: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' },
};

const stsErrors: Partial<Record<LakeFaultKind, LakeError>> = {
  '403': { status: 403, code: 'AccessDenied', message: 'User is not authorized to perform: sts:AssumeRole' },
  '404': { status: 404, code: 'NoSuchEntity', message: 'The role cannot be found.' },
  '409': { status: 409, code: 'ConcurrentModification', message: 'The role is being changed.' },
  '412': { status: 412, code: 'PreconditionFailed', message: 'A pre-condition did not hold.' },
  '429': { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded' },
  '500': { status: 500, code: 'InternalFailure', message: 'The request processing has failed.' },
  '503': { status: 503, code: 'ServiceUnavailable', message: 'The server cannot handle the request now.' },
  expired: { status: 403, code: 'ExpiredToken', message: 'The security token included in the request is expired' },
};

/** How AWS words a fault; undefined for those that are no answer. */
export function errorOf(call: LakeCall, kind: LakeFaultKind): LakeError | undefined {
  return (call === 'PutObject' ? s3Errors : stsErrors)[kind];
}

/** Faults under which the request is carried out all the same. */
export const carriedOut: ReadonlySet<LakeFaultKind> = new Set(['412', 'lost-answer', 'slow']);

/** The body of an error, in the XML of the service. */
export function bodyOf(call: LakeCall, { code, message }: LakeError): string {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  if (call === 'PutObject') return `<?xml version="1.0" encoding="UTF-8"?>${error}`;
  const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
  return `<ErrorResponse xmlns="${namespace}">${error.replace('<Error>', '<Error><Type>Sender</Type>')}<RequestId>fault</RequestId></ErrorResponse>`;
}

/** What a request is to us: one of the two calls and whose it is, or undefined for anything else. */
export interface KnownRequest {
  readonly call: LakeCall;
  /** The bucket, or the role's ARN. */
  readonly target: string;
  /** Key of the object; empty for AssumeRole. */
  readonly key: string;
}

/** Reads a request as S3 (path style) and STS do. */
export function requestOf(method: string, url: string, body: () => string): KnownRequest | undefined {
  const { pathname, searchParams } = new URL(url, 'http://lake');
  const [, bucket, key] = /^\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  if (method === 'PUT' && bucket !== undefined && key !== undefined && !searchParams.has('uploadId'))
    return { call: 'PutObject', target: bucket, key: decodeURIComponent(key) };
  if (method !== 'POST' || pathname !== '/') return undefined;
  const form = new URLSearchParams(body());
  if (form.get('Action') !== 'AssumeRole') return undefined;
  return { call: 'AssumeRole', target: form.get('RoleArn') ?? '', key: '' };
}
