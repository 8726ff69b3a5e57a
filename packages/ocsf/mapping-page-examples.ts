import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { Entry, OcsfValue } from './mapping/table.ts';
import { normalise } from './normalise.ts';
import { traceRow } from './trace.ts';

/** Values and messages that believable activities get, for the mapping pages. */
export interface Examples {
  /** A value that this line of the table gave to its column; undefined where no sample has one. */
  readonly exampleFor: (entry: Entry) => OcsfValue | undefined;
  /** Messages of one sample of each activity, the first of its kind. */
  readonly messages: readonly string[];
}

/**
 * Runs samples through the row interpreter and keeps, for each line of the table, the first value that it gave. `now` is
 * the clock of the samples, ms.
 */
export function examplesOf(
  eventClass: EventClass,
  versions: readonly OcsfVersion[],
  samples: readonly Readonly<Record<string, unknown>>[],
  now: number,
): Examples {
  const given = new Map<Entry, OcsfValue>();
  const messages = new Map<unknown, string>();
  for (const version of versions) {
    for (const raw of samples) {
      const activity = coerceActivity(raw);
      const outcome = normalise(eventClass, version, activity, { now });
      if (outcome.outcome !== 'ok') continue;
      const { values } = outcome.value;
      for (const { entry, value } of traceRow({ eventClass, version, activity, values })) {
        if (!given.has(entry)) given.set(entry, value);
      }
      const { message } = values;
      if (typeof message === 'string' && !messages.has(activity.eventSubId)) messages.set(activity.eventSubId, message);
    }
  }
  return { exampleFor: (entry) => given.get(entry), messages: [...messages.values()] };
}
