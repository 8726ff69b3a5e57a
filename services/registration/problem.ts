import { Fault } from '@tributary/schemas/faults.ts';
import {
  type MemberError,
  type ProblemBody,
  type ProblemCode,
  problems,
  problemType,
} from '@tributary/schemas/rest/problems.ts';

/** Ends a request with a problem of the closed list; `detail` is a sentence for the customer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly MemberError[];
  /** Seconds after which the same request may be sent again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { readonly errors?: readonly MemberError[]; readonly retryAfterSeconds?: number } & ErrorOptions = {},
  ) {
    super(detail, more);
    this.name = 'Problem';
    this.code = code;
    this.errors = more.errors ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  get status(): number {
    return problems[this.code].status;
  }

  get body(): ProblemBody {
    const { status, title } = problems[this.code];
    const [first] = this.errors;
    return {
      type: problemType(this.code),
      title,
      status,
      detail: this.message,
      ...(first === undefined ? {} : { pointer: first.pointer }),
      ...(this.errors.length > 1 ? { errors: this.errors } : {}),
    };
  }
}

/** A problem with one member of the body. */
export function memberProblem(code: ProblemCode, member: string, detail: string): Problem {
  return new Problem(code, detail, { errors: [{ pointer: `#/${member}`, detail }] });
}

const retryAfterSeconds = 5;

/** A neighbour that doesn't answer: nothing was decided against the customer, who may send the same again. */
export function unavailable(cause: unknown): Problem {
  const detail = 'Registrations cannot be read or changed at the moment. Send the same request again.';
  return new Problem('unavailable', detail, { retryAfterSeconds, cause });
}

/** What was delivered is still being read, as after a start of the service. */
export function notReadYet(): Problem {
  const detail = 'The deliveries are still being read. Send the same request again.';
  return new Problem('unavailable', detail, { retryAfterSeconds });
}

/** Too many of `what` in a minute from whatever is named by `whose`. */
export function tooMany(what: string, whose: string, max: number, resetMs: number): Problem {
  const detail = `More than ${max} ${what} a minute came from ${whose}. Wait, then send the same request again.`;
  return new Problem('too-many-requests', detail, { retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)) });
}

/** The problem that an error of any kind becomes for the customer: faults of neighbours 503, the unforeseen 500. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Fault) return unavailable(error);
  return new Problem('internal-error', 'The request was not answered because of an error of ours.', { cause: error });
}
