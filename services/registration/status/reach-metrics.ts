import type { Metrics } from '@tributary/service';
import type { ReachOfClass } from './status-reader.ts';

/** Writes how far a class has come as metrics: of the class and of who is furthest behind, never of one registration by name. */
export function countReach(
  { eventClass, at, heldBack, handedOffThrough, through }: ReachOfClass,
  metrics: Metrics,
): void {
  const labels = { event_class: eventClass };
  const age = (time: number) => Math.max(0, at - time) / 1000;
  const ages = through.filter((time) => time !== undefined).map(age);
  for (const each of ages) metrics.observe('tributary_registration_freshness_seconds', labels, each);
  if (ages.length > 0) metrics.set('tributary_registration_freshness_worst_seconds', labels, Math.max(...ages));
  metrics.set('tributary_registration_unknown_partitions', labels, through.length - ages.length);
  if (handedOffThrough !== undefined)
    metrics.set('tributary_registration_handoff_lag_seconds', labels, age(handedOffThrough));
  const heldAges = heldBack.filter((time) => time !== undefined).map(age);
  metrics.set('tributary_registration_held_back_registrations', labels, heldBack.length);
  metrics.set('tributary_registration_held_back_seconds', labels, Math.max(0, ...heldAges));
  metrics.set('tributary_registration_looked_timestamp_seconds', {}, at / 1000);
}
