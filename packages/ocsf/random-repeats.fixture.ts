import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { randomActivities } from './random-activities.fixture.ts';
import { createDice } from './random-dice.fixture.ts';

/** Activities of one class. */
export interface Repeats {
  readonly eventClass: EventClass;
  readonly raws: readonly Readonly<Record<string, unknown>>[];
}

/** Whose fields these are: an endpoint's come from one activity, its process's from another, and so on. */
const partOf = (name: string) => /^(endpoint|os|process|parent|object|src|dst|logon|cloud)/.exec(name)?.[0] ?? '';

/** Those whose parts the others are put together of: so few that most parts come again. */
const originals = 6;
/** Of each class, so that each has enough of them. */
const drawn = 400;

/**
 * For each class `count` activities that are put together of the parts of a few random ones, so that endpoints, processes and
 * files come again in ever other company, as they do in the stream of real events.
 */
export function randomRepeats(seed: number, count: number): Repeats[] {
  const dice = createDice(seed);
  const pool = [...randomActivities(seed, drawn * eventClassNames.length)];
  return eventClassNames.map((eventClass) => {
    const own = pool.filter((one) => one.eventClass === eventClass && one.expected === 'ok').slice(0, originals);
    const parts = [...new Set(own.flatMap(({ raw }) => Object.keys(raw)).map(partOf))];
    const raws = Array.from({ length: count }, (_, index) => {
      const chosen = new Map(parts.map((part) => [part, dice.one(own).raw]));
      const fields = own.flatMap(({ raw }) => Object.keys(raw).filter((name) => raw === chosen.get(partOf(name))));
      const raw = Object.fromEntries(fields.map((name) => [name, chosen.get(partOf(name))![name]]));
      return { ...raw, uuid: `${eventClass}-${index}` };
    });
    return { eventClass, raws };
  });
}
