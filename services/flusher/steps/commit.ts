import { encodeHandoffState } from '../offset-metadata.ts';
import type { OwnedPartition } from '../partition.ts';
import { windowIdOf } from '../window-log.ts';

/**
 * Commits the cut with the marks at it. The next window has been open since the cut was chosen: rows have arrived
 * meanwhile, and where a lake took long they must not wait for one more interval of the clock. An empty window commits the same offset again: the
 * committed offset of an idle partition would expire otherwise.
 *
 * INVARIANT 1 (nothing is lost): this comes only after every object of the cut is durable.
 */
export async function commit(owned: OwnedPartition): Promise<void> {
  const { collector, committer, parts, incarnation, durable } = owned;
  const offset = durable!.upTo;
  const askedAt = parts.elapsed();
  const openedAt = owned.cutAt;
  await committer!.commit(offset, encodeHandoffState({ incarnation, openedAt, marks: collector!.marksAt(offset) }));
  noteDelivered(owned);
  collector!.advance(offset);
  owned.committed = offset;
  owned.openedAt = openedAt;
  owned.cut = undefined;
  owned.redone = false;
  owned.provenAt = askedAt;
  owned.redelivery.add(owned.parked);
  owned.parked = [];
  owned.encoded = [];
  owned.durable = undefined;
  parts.metrics.observe(
    'tributary_flusher_window_seconds',
    { event_class: owned.eventClass },
    (askedAt - owned.cutSince) / 1000,
  );
}

/** One line a window that held something; an idle partition says nothing. */
function noteDelivered(owned: OwnedPartition): void {
  const { log, encoded, parked, parts, cutSince } = owned;
  const window = windowIdOf(owned);
  if (window === undefined) return;
  const rows = encoded.reduce((sum, { planned }) => sum + planned.rows.row.length, 0);
  const ms = Math.round(parts.elapsed() - cutSince);
  log.info({ window, objects: encoded.length, rows, parked: parked.length, ms }, 'committed a window');
}
