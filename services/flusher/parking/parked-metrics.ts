import type { Metrics } from '@tributary/service';
import type { OwnedPartition } from '../partition.ts';

/** Says how much is parked of the partitions that are ours, by class, and whether our own bucket keeps windows waiting. */
export function countParked(owned: readonly OwnedPartition[], metrics: Metrics): void {
  const byClass = new Map<string, { objects: number; bytes: number; oldestMs: number }>();
  for (const { eventClass, redelivery } of owned) {
    const { objects, bytes, oldestMs } = redelivery.totals;
    const sum = byClass.get(eventClass) ?? { objects: 0, bytes: 0, oldestMs: 0 };
    byClass.set(eventClass, {
      objects: sum.objects + objects,
      bytes: sum.bytes + bytes,
      oldestMs: Math.max(sum.oldestMs, oldestMs),
    });
  }
  for (const [eventClass, { objects, bytes, oldestMs }] of byClass) {
    metrics.set('tributary_flusher_parked_objects', { event_class: eventClass }, objects);
    metrics.set('tributary_flusher_parked_bytes', { event_class: eventClass }, bytes);
    metrics.set('tributary_flusher_parked_oldest_seconds', { event_class: eventClass }, oldestMs / 1_000);
  }
  const away = owned.some(({ parkingFault }) => parkingFault !== undefined);
  metrics.set('tributary_flusher_parking_away', {}, away ? 1 : 0);
}
