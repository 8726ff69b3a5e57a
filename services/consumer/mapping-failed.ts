import type { StepOutcome } from '@tributary/schemas/faults.ts';

/**
 * The fate of an event that our own code stumbled over. It is a bug of ours, but stopping would hold up every customer of
 * the partition, and stepping over it would lose the event.
 */
export function mappingFailed(error: unknown): StepOutcome<never> {
  return { outcome: 'reject', fault: 'mapping-failed', reason: failureOf(error) };
}

/** What the error says. It may quote the event: for `rejected`, never for the log. */
export function failureOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
