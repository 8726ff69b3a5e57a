import { eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import type { MessagePart } from './table.ts';

/** The column's value, or other words where the row doesn't have it. */
export function told(column: string, otherwise: string): MessagePart {
  return { column, otherwise };
}

/** How a sentence begins: who acted. */
export const whoActed: readonly MessagePart[] = [
  told('actor.process.name', 'A process'),
  ' (',
  told('actor.process.pid', 'pid unknown'),
  ')',
];

/** How a sentence ends: where it happened. */
export const onHost: readonly MessagePart[] = [' on ', told('device.hostname', 'an unnamed host')];

/** What happened, by sub id; the agent's own name of it where we have no words. */
export function verb(words: Readonly<Record<number, string>>): MessagePart {
  return {
    rule: 'words for the sub id',
    uses: ['eventSubId'],
    derive: ({ eventSubId }) => {
      if (eventSubId === undefined) return ' did something to ';
      return words[eventSubId] ?? ` did ${eventSubIds[eventSubId] ?? `activity ${eventSubId}`} to `;
    },
  };
}

/** Words that some sub ids have, and others not. */
export function linking(words: Readonly<Record<number, string>>, otherwise: string): MessagePart {
  return {
    rule: 'words for the sub id',
    uses: ['eventSubId'],
    derive: ({ eventSubId }) => words[eventSubId ?? -1] ?? otherwise,
  };
}
