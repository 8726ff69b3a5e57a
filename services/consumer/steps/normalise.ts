import type { StepOutcome } from '@tributary/schemas/faults.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { type Batch, judgeEach, type MatchedEvent, type RoutedRow } from '../batch.ts';
import { mappingFailed } from '../mapping-failed.ts';

/** Makes each activity a row of OCSF, in the version of its registration, and says which hand-off partition it goes to. */
export async function normalise(batch: Batch): Promise<void> {
  batch.routed = await judgeEach(batch, batch.matched, (event) => normaliseEvent(batch, event));
  batch.matched = [];
}

function normaliseEvent(batch: Batch, { record, activity, registration }: MatchedEvent): StepOutcome<RoutedRow> {
  const { mapping, epochOf, handoffPartitions } = batch.neighbours;
  const source = { partition: batch.partition, offset: record.offset, epoch: epochOf(batch.topic) };
  try {
    // The clock is the record's append time, not ours: tried again, an event must meet the same fate, or a row could come
    // back behind the high-water mark.
    const answer = mapping.normalise(activity, registration, source, record.timestamp);
    if (answer.outcome !== 'ok') return answer;
    const partition = handoffPartition(registration.registration, handoffPartitions);
    const { ocsfVersion } = registration;
    return { outcome: 'ok', value: { record, handoffPartition: partition, ocsfVersion, row: answer.value } };
  } catch (error) {
    return mappingFailed(error);
  }
}
