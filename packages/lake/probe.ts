import { Fault } from '@tributary/schemas/faults.ts';
import { eventDayOf, objectAccount, objectKey } from '@tributary/schemas/lake/object-key.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import { type ProbeRefusal, probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import { foreignIdsOf, probePauses } from './probe-rules.ts';

/** A destination that is to be shown fit for delivery. */
export interface Probe {
  readonly roleARN: string;
  /** The customer's account id with us. */
  readonly externalId: string;
  readonly bucket: string;
  /** Without slashes at its ends. */
  readonly prefix: string;
  /** Where the bucket must lie. */
  readonly region: AwsRegion;
  /** Ids of other customers under which the role must be refused as well; made-up ones are always tried. */
  readonly otherExternalIds?: readonly string[];
  /** Ends the probe, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How patient the probe was: IAM is eventually consistent, so a refusal is tried again for a while. */
interface Patience {
  /** Tries beyond the first of each call. */
  readonly retries: number;
  /** From the first refusal until the last answer, ms; 0 when nothing was tried again. */
  readonly retriedForMs: number;
}

/** The destination is fit, or the first reason why not. */
export type ProbeOutcome =
  | ({ readonly ok: true } & Patience)
  | ({
      readonly ok: false;
      readonly fault: ProbeRefusal;
      /** What the customer reads: what is wrong and the way out, and that it was tried again. Holds no secret. */
      readonly sentence: string;
      /** Where the bucket lies, when S3 said so (`bucket-elsewhere`). */
      readonly bucketRegion?: string;
      /** The object that S3 stored against all rules (`probe-written`). */
      readonly key?: string;
    } & Patience);

/** Shows whether a destination can be delivered to and can't be abused, without writing anything. */
export interface Prober {
  /**
   * Rejects with a Fault of `lake-throttled`, `lake-unavailable` or `credentials-expired` where STS or S3 don't answer
   * as they should: nothing is known about the destination then.
   */
  probe(probe: Probe): Promise<ProbeOutcome>;
  /** Closes the connections. Probes under way fail. */
  close(): void;
}

/** Becoming the role: a session, or the reason why not. */
export type AssumeAnswer<Session> = { readonly session: Session } | { readonly refusal: ProbeRefusal };

/** The put whose digest doesn't fit: S3 looked at the digest, which only who may write gets to see, or it refused. */
export type PutProbeAnswer =
  | { readonly allowed: true }
  | { readonly refusal: ProbeRefusal; readonly bucketRegion?: string };

/** The two calls of a probe, real or in memory. Both reject with a Fault where nothing was decided. */
export interface ProbeCalls<Session> {
  assume(probe: Probe, externalId: string | undefined): Promise<AssumeAnswer<Session>>;
  /** The same, and what it gives is thrown away at once: answers only whether the role let us in. */
  letsIn(probe: Probe, externalId: string | undefined): Promise<boolean>;
  /** `expired`: the session ended, so nothing was decided. */
  put(probe: Probe, session: Session, key: string): Promise<PutProbeAnswer | 'expired'>;
  close(): void;
}

/** What a prober works with. */
export interface ProberOptions<Session> {
  readonly calls: ProbeCalls<Session>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Waits; rejects when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** How long refusals are tried again in all, because IAM is eventually consistent. */
  readonly patienceMs?: number;
}

/** Refusals are tried again this long in all: what was just made in IAM is mostly visible by then. */
export const patienceMsDefault = 20_000;

/** How many external ids are tried at the same time. */
const triedAtOnce = 4;

/** What a change in IAM may turn into consent within seconds. */
const passing: ReadonlySet<ProbeRefusal> = new Set(['role-not-assumable', 'put-refused', 'key-refused']);

/**
 * The probe: the role lets us in under the customer's external id; it refuses us without one, and under ids that aren't
 * the customer's; and it may put under the prefix. In this order, because a role that isn't visible yet refuses everyone.
 */
export function createProber<Session>(options: ProberOptions<Session>): Prober {
  const { calls, now } = options;
  return {
    async probe(probe) {
      const tried = createPatience(options, probe.signal);
      const refused = (refusal: ProbeRefusal, more: { bucketRegion?: string; key?: string } = {}): ProbeOutcome => {
        const patience = tried.soFar();
        return { ok: false, fault: refusal, sentence: sentenceOf(refusal, patience), ...more, ...patience };
      };
      const assumed = await tried.again(() => calls.assume(probe, probe.externalId));
      if ('refusal' in assumed) return refused(assumed.refusal);
      const open = await openDoor(calls, probe);
      if (open !== undefined) return refused(open);

      const key = probeKey(probe, now());
      const put = await tried.again(putAs(calls, probe, assumed.session, key));
      if ('allowed' in put) return { ok: true, ...tried.soFar() };
      const { refusal, bucketRegion } = put;
      return refused(refusal, {
        ...(bucketRegion === undefined ? {} : { bucketRegion }),
        ...(refusal === 'probe-written' ? { key } : {}),
      });
    },
    close: () => calls.close(),
  };
}

/** Which trust lets in whom it must not: everyone who asks without an id, or with another's. A few are asked for at once. */
async function openDoor<Session>(calls: ProbeCalls<Session>, probe: Probe): Promise<ProbeRefusal | undefined> {
  const ids = [undefined, ...foreignIdsOf(probe.externalId, probe.otherExternalIds)];
  for (let from = 0; from < ids.length; from += triedAtOnce) {
    const some = ids.slice(from, from + triedAtOnce);
    const letIn = await Promise.all(some.map((id) => calls.letsIn(probe, id)));
    if (from === 0 && letIn[0]) return 'role-trusts-without-external-id';
    if (letIn.includes(true)) return 'role-trusts-other-external-ids';
  }
  return undefined;
}

/** Puts, and once more under a new session where the first ended while refusals were waited for. */
function putAs<Session>(calls: ProbeCalls<Session>, probe: Probe, first: Session, key: string) {
  let session = first;
  return async (): Promise<PutProbeAnswer> => {
    const answer = await calls.put(probe, session, key);
    if (answer !== 'expired') return answer;
    const renewed = await calls.assume(probe, probe.externalId);
    if ('refusal' in renewed) return renewed;
    session = renewed.session;
    const again = await calls.put(probe, session, key);
    if (again === 'expired') throw new Fault('credentials-expired', 'put-object, of a new session');
    return again;
  };
}

/** One allowance of time for all calls of a probe. */
function createPatience<Session>(options: ProberOptions<Session>, signal: AbortSignal | undefined) {
  const { now, pause, patienceMs = patienceMsDefault } = options;
  const pauses = probePauses();
  let retries = 0;
  let since: number | undefined;
  let until = 0;
  return {
    soFar: (): Patience => ({ retries, retriedForMs: retries === 0 ? 0 : until - (since ?? until) }),
    async again<Answer extends object>(call: () => Promise<Answer>): Promise<Answer> {
      for (;;) {
        signal?.throwIfAborted();
        const answer = await call();
        until = now();
        if (!('refusal' in answer) || !passing.has(answer.refusal as ProbeRefusal)) return answer;
        since ??= until;
        const ms = pauses.next().value;
        if (until - since + ms > patienceMs) return answer;
        await pause(ms, signal);
        retries++;
      }
    },
  };
}

/** The key of the put that is never stored: where the first object of today would lie, under a name of no object. */
export function probeKey({ prefix, region, externalId }: Probe, nowMs: number): string {
  return objectKey(prefix, region, objectAccount(externalId, undefined), eventDayOf(nowMs), 'tributary-probe');
}

function sentenceOf(refusal: ProbeRefusal, { retries, retriedForMs }: Patience): string {
  const { sentence } = probeRefusals[refusal];
  if (retries === 0) return sentence;
  const seconds = Math.round(retriedForMs / 1000);
  return `${sentence} (AWS needs a while to show changes of roles and policies: we tried ${retries + 1} times in ${seconds} s.)`;
}
