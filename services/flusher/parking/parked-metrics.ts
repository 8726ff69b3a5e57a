import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { Metrics } from '@tributary/service';
import type { OwnedPartition } from '../partition.ts';

/** Says how much is parked of the partitions that are ours, by class, and whether our own bucket keeps windows waiting. */
export function countParked(owned: readonly OwnedPartition[], metrics: Metrics): void {
  for (const eventClass of eventClassNames) {
    // Also of a class of which no partition is ours any more: its last figure would stand for ever.
    const all = owned.filter((one) => one.eventClass === eventClass).map(({ redelivery }) => redelivery.totals);
    const objects = all.reduce((sum, totals) => sum + totals.objects, 0);
    const bytes = all.reduce((sum, totals) => sum + totals.bytes, 0);
    const oldestMs = Math.max(0, ...all.map((totals) => totals.oldestMs));
    metrics.set('tributary_flusher_parked_objects', { event_class: eventClass }, objects);
    metrics.set('tributary_flusher_parked_bytes', { event_class: eventClass }, bytes);
    metrics.set('tributary_flusher_parked_oldest_seconds', { event_class: eventClass }, oldestMs / 1_000);
  }
  const away = owned.some(({ parkingFault }) => parkingFault !== undefined);
  metrics.set('tributary_flusher_parking_away', {}, away ? 1 : 0);
}
