import type { Operation, ReplayPlan } from '@tributary/schemas/kafka/operations.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';

/** A stored plan, and which of its ranges are delivered. */
export interface StoredPlan {
  readonly plan: ReplayPlan;
  readonly delivered: ReadonlySet<number>;
  /** When its last range was delivered, ms since the epoch; undefined before the first. */
  readonly deliveredAt: number | undefined;
}

/** The plans among the operations, oldest first. */
export function plansOf(operations: readonly Operation[]): StoredPlan[] {
  const plans = new Map<string, { plan: ReplayPlan; delivered: Set<number>; deliveredAt: number | undefined }>();
  for (const operation of operations) {
    if (operation.kind === 'replay-planned')
      plans.set(operation.id, { plan: operation, delivered: new Set(), deliveredAt: undefined });
    if (operation.kind !== 'replay-delivered') continue;
    const found = plans.get(operation.id);
    if (found === undefined) continue;
    found.delivered.add(operation.range);
    found.deliveredAt = operation.at;
  }
  return [...plans.values()];
}

/** Whether every range of the plan is delivered. */
export const isFinished = ({ plan, delivered }: StoredPlan): boolean => delivered.size >= plan.ranges.length;

/** What is asked for: events of a registration that arrived from `from` up to, not including, `to` (ms since the epoch). */
export interface Wanted {
  readonly registration: RegistrationId;
  readonly from: number;
  readonly to: number;
}

/**
 * What to do about the plans that were made before: go on with the one that wants the same and isn't finished, or refuse
 * because another one sends a part of the same events, which would then be in the lake once more.
 */
export function earlierPlan(
  plans: readonly StoredPlan[],
  wanted: Wanted,
): { readonly goOn: StoredPlan } | { readonly refuse: StoredPlan } | undefined {
  const overlapping = plans.filter(
    ({ plan }) => plan.registration === wanted.registration && plan.from < wanted.to && wanted.from < plan.to,
  );
  const same = overlapping.findLast(
    (stored) => !isFinished(stored) && stored.plan.from === wanted.from && stored.plan.to === wanted.to,
  );
  if (same !== undefined) return { goOn: same };
  const last = overlapping.at(-1);
  return last === undefined ? undefined : { refuse: last };
}
