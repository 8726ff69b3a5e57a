interface ProblemContract {
  readonly status: number;
  readonly title: string;
}

/** What a probe of a destination may find; `probe-refusals.ts` says which finding is which problem. */
const probeProblems = {
  'role-not-assumable': { status: 422, title: 'The role does not let us in' },
  'role-trusts-without-external-id': { status: 422, title: 'The role trusts us without the external id' },
  'role-trusts-other-external-ids': { status: 422, title: 'The role trusts us with another customer’s external id' },
  'put-refused': { status: 422, title: 'The role may not put objects under the prefix' },
  'bucket-missing': { status: 422, title: 'The bucket does not exist' },
  'bucket-elsewhere': { status: 422, title: 'The bucket lies in another AWS region' },
} as const satisfies Record<string, ProblemContract>;

/** Every problem that the REST endpoint answers (RFC 9457). The `type` is `urn:tributary:problem:<code>`. */
export const problems = {
  'malformed-json': { status: 400, title: 'The body is not a JSON object' },
  'invalid-member': { status: 400, title: 'A member of the body is missing, unknown or wrong' },
  'invalid-query': { status: 400, title: 'A query parameter is wrong' },
  'invalid-header': { status: 400, title: 'A header is wrong' },
  'contradicting-body': { status: 400, title: 'The body contradicts the path' },
  'wrong-account': { status: 400, title: 'The role belongs to another AWS account' },
  'wrong-bucket': { status: 400, title: 'The bucket is not a Security Lake bucket of this region' },
  'wrong-role': { status: 400, title: 'The role is that of another custom source, account or region' },
  'wrong-prefix': { status: 400, title: 'The prefix is not the location of a custom source' },
  'wrong-api-version': { status: 400, title: 'The api-version header is missing or not supported' },
  'malformed-request': { status: 400, title: 'The request is not valid HTTP' },
  unauthorized: { status: 401, title: 'The API key is missing or not valid' },
  forbidden: { status: 403, title: 'The API key may not be used' },
  'insufficient-scope': { status: 403, title: 'The API key may only read' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'not-registered': { status: 404, title: 'The event class is not registered' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'already-registered': { status: 409, title: 'The event class is registered with another destination' },
  'destination-taken': { status: 409, title: 'Another registration has this bucket and prefix' },
  'destination-nested': { status: 409, title: 'The prefix lies in or around that of another registration' },
  'changed-meanwhile': { status: 412, title: 'The registration is not the one that If-Match names' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'wrong-content-type': { status: 415, title: 'The body is not application/json' },
  ...probeProblems,
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service cannot answer at the moment' },
} as const satisfies Record<string, ProblemContract>;

/** The name of a problem in the closed list. */
export type ProblemCode = keyof typeof problems;

/** The `type` member of a problem: a URN, because it names the kind and isn't a page. */
export const problemType = (code: ProblemCode): string => `urn:tributary:problem:${code}`;

/** One wrong member: a JSON pointer into the body as a URI fragment, such as `#/prefix`, and a sentence. */
export interface MemberError {
  readonly pointer: string;
  readonly detail: string;
}

/** The body of a problem. `pointer` is that of the first wrong member; `errors` names all when there are several. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly pointer?: string;
  readonly errors?: readonly MemberError[];
}
