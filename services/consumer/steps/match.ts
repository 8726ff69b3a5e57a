import type { StepOutcome } from '@tributary/schemas/faults.ts';
import { type Batch, type DecodedEvent, judgeEach, type MatchedEvent } from '../batch.ts';

const account = /^[0-9]{12}$/;

/**
 * Finds the registration that wants each activity; one that nobody wants is dropped. The mirror is brought up to date
 * first, and while it can't be the step throws: unknown is not empty (invariant 5). An event goes to the registration
 * of its own account or nowhere (invariant 4).
 */
export async function match(batch: Batch): Promise<void> {
  await batch.neighbours.subscriptions.refresh();
  batch.matched = await judgeEach(batch, batch.decoded, (event) => matchEvent(batch, event));
  batch.decoded = [];
}

function matchEvent(batch: Batch, event: DecodedEvent): StepOutcome<MatchedEvent> {
  const { accountId } = event.activity;
  if (accountId === undefined || !account.test(accountId)) {
    return { outcome: 'reject', fault: 'invalid-account', reason: accountId === undefined ? 'missing' : 'malformed' };
  }
  const registration = batch.neighbours.subscriptions.find(accountId, batch.eventClass);
  if (registration === undefined) return { outcome: 'drop', reason: 'unsubscribed' };
  return { outcome: 'ok', value: { ...event, registration } };
}
