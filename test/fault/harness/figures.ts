/** A fault as it was really made. Times are ms since the epoch. */
export interface AppliedFault {
  readonly index: number;
  readonly kind: string;
  readonly title: string;
  readonly beganAt: number;
  /** When all was as before. */
  readonly healedAt: number;
  /** What a person should know: why it was left out, or what it found. */
  readonly note?: string;
}

/** One event on its way. */
export interface Passage {
  readonly account: string;
  /** When Kafka appended it, and when its object was created. */
  readonly appendedAt: number;
  readonly createdAt: number;
}

/** How late events were, in seconds. */
export interface Freshness {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const seconds = (ms: number) => Math.round(ms / 100) / 10;

/** From the append to the object, over all these passages. */
export function freshnessOf(passages: readonly Passage[]): Freshness {
  const late = passages.map(({ appendedAt, createdAt }) => createdAt - appendedAt).sort((a, b) => a - b);
  const at = (share: number) => seconds(late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? 0);
  return { events: late.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** How long after a fault was healed the last event lay in a lake that had been sent before, in seconds. */
export function recoveryOf({ healedAt }: AppliedFault, passages: readonly Passage[]): number {
  const late = passages.filter(({ appendedAt }) => appendedAt <= healedAt).map(({ createdAt }) => createdAt - healedAt);
  return seconds(late.reduce((longest, one) => Math.max(longest, one), 0));
}

/** The longest recovery of a run, and of which fault. */
export function longestRecovery(
  faults: readonly AppliedFault[],
  passages: readonly Passage[],
): { readonly seconds: number; readonly after: string } {
  return faults
    .map((fault) => ({ seconds: recoveryOf(fault, passages), after: fault.title }))
    .reduce((longest, one) => (one.seconds > longest.seconds ? one : longest), { seconds: 0, after: '' });
}

/** What a run's recovery is measured by, in ms. */
export interface Patience {
  readonly windowMs: number;
  /** Without a sign of life for so long a process loses its partitions. */
  readonly sessionMs: number;
  /** The longest pause between two tries of a batch of Kafka that failed. */
  readonly retryPauseMs: number;
  /** The longest pause between two tries of a parked object; 0 when none was parked. */
  readonly redeliveryPauseMs: number;
}

/**
 * Within what time nothing may be missing any more, once all is healed: two windows, and what may have begun just before
 * the healing: the session of a process that was killed, whose partitions nobody gets earlier; the longest pause of a
 * batch that had failed; and, where an object was parked, the longest pause of its redelivery.
 */
export function unseenAllowedMs({ windowMs, sessionMs, retryPauseMs, redeliveryPauseMs }: Patience): number {
  return 2 * windowMs + sessionMs + retryPauseMs + redeliveryPauseMs;
}

/** How often each kind was made. */
export function countsByKind(faults: readonly AppliedFault[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
