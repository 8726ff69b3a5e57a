import { expect, it } from '@jest/globals';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import { faultOf, type LakeCall, saysAlreadyThere } from './fault-of.ts';

const answered = (name: string, httpStatusCode: number) =>
  Object.assign(new Error('secret-bucket said no'), { name, $metadata: { httpStatusCode } });
const broken = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1`), { code });

const table: [LakeCall, unknown, FaultCode][] = [
  ['assume-role', answered('AccessDenied', 403), 'role-refused'],
  ['assume-role', answered('AccessDeniedException', 403), 'role-refused'],
  ['assume-role', answered('ValidationError', 400), 'role-refused'],
  ['assume-role', answered('RegionDisabledException', 403), 'role-refused'],
  ['assume-role', answered('NoSuchEntity', 404), 'role-refused'],
  // Our own keys are wrong or ended: no customer can mend that.
  ['assume-role', answered('InvalidClientTokenId', 403), 'lake-unavailable'],
  ['assume-role', answered('ExpiredToken', 400), 'lake-unavailable'],
  ['assume-role', answered('ExpiredTokenException', 403), 'lake-unavailable'],
  ['assume-role', answered('SignatureDoesNotMatch', 403), 'lake-unavailable'],
  ['assume-role', Object.assign(new Error('no keys'), { name: 'CredentialsProviderError' }), 'lake-unavailable'],
  ['assume-role', answered('Throttling', 400), 'lake-throttled'],
  ['assume-role', answered('ServiceUnavailable', 503), 'lake-throttled'],
  ['assume-role', answered('InternalFailure', 500), 'lake-unavailable'],
  ['put-object', answered('AccessDenied', 403), 'put-refused'],
  ['put-object', answered('AllAccessDisabled', 403), 'put-refused'],
  ['put-object', answered('KMS.DisabledException', 400), 'put-refused'],
  ['put-object', answered('MethodNotAllowed', 405), 'put-refused'],
  ['put-object', answered('NoSuchBucket', 404), 'bucket-missing'],
  ['put-object', answered('PermanentRedirect', 301), 'bucket-missing'],
  ['put-object', answered('AuthorizationHeaderMalformed', 400), 'bucket-missing'],
  ['put-object', answered('ExpiredToken', 400), 'credentials-expired'],
  ['put-object', answered('InvalidToken', 400), 'credentials-expired'],
  ['put-object', answered('InvalidAccessKeyId', 403), 'credentials-expired'],
  ['put-object', answered('ConditionalRequestConflict', 409), 'lake-conflict'],
  ['put-object', answered('OperationAborted', 409), 'lake-conflict'],
  ['put-object', answered('SlowDown', 503), 'lake-throttled'],
  ['put-object', answered('TooManyRequestsException', 429), 'lake-throttled'],
  ['put-object', answered('InternalError', 500), 'lake-unavailable'],
  ['put-object', answered('UnknownError', 502), 'lake-unavailable'],
  ['put-object', answered('UnknownError', 504), 'lake-unavailable'],
  ['put-object', answered('RequestTimeout', 400), 'lake-unavailable'],
  ['put-object', answered('BadDigest', 400), 'lake-unavailable'],
  ['put-object', answered('XAmzContentSHA256Mismatch', 400), 'lake-unavailable'],
  ['put-object', answered('RequestTimeTooSkewed', 403), 'lake-unavailable'],
  ['put-object', answered('SyntaxError', 200), 'lake-unavailable'],
  ['put-object', broken('ECONNRESET'), 'lake-unavailable'],
  ['put-object', broken('ECONNREFUSED'), 'lake-unavailable'],
  ['put-object', broken('ENOTFOUND'), 'lake-unavailable'],
  ['put-object', broken('EPIPE'), 'lake-unavailable'],
  ['put-object', Object.assign(new Error('socket timed out'), { name: 'TimeoutError' }), 'lake-unavailable'],
  ['put-object', undefined, 'lake-unavailable'],
];

it.each(table)('%s that failed with %o is %s', (call, error, code) => {
  const fault = faultOf(error, call);
  expect(fault.code).toBe(code);
  expect(fault.cause).toBe(error);
});

it('says_the_status_and_code_but_nothing_of_the_message', () => {
  const { message } = faultOf(answered('AccessDenied', 403), 'put-object');
  expect(message).toContain('put-object 403 AccessDenied');
  expect(message).not.toContain('secret-bucket');
});

it('knows_a_failed_precondition_as_already_there', () => {
  expect(saysAlreadyThere(answered('PreconditionFailed', 412))).toBe(true);
  expect(saysAlreadyThere(answered('AccessDenied', 403))).toBe(false);
});
