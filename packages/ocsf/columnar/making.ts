import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import { Cuts } from '../unmapped.ts';
import type { ActivityColumns } from './activity-columns.ts';
import { wholeDigests } from './digests.ts';
import { type Key, type KeyFields, keyOf } from './keys.ts';
import type { Way } from './plan.ts';

/** Which of the picks a condition holds for, in their order. */
export type Where = Int32Array;

/** What all that is made of the same activities has in common. */
interface Common {
  readonly facts: OcsfClassFacts;
  /** Nothing is ever cut here: activities that are large enough for that go through the row interpreter. */
  readonly cuts: Cuts;
  readonly keyFields: readonly KeyFields[];
  readonly texts: Map<string, number>;
  readonly digests: Map<string, Uint8Array>;
}

/** What was found out about certain picks. */
interface Findings {
  readonly keys: (Key | undefined)[];
  readonly wheres: Map<(activity: Activity) => boolean, Where>;
}

/** The activities that become rows: row `picks[i]` of `columns` becomes row `places[i]` of the OCSF columns. */
export class Making {
  readonly columns: ActivityColumns;
  readonly picks: Int32Array;
  readonly places: Int32Array;
  readonly #common: Common;
  readonly #findings: Findings;

  constructor(columns: ActivityColumns, picks: Int32Array, places: Int32Array, common: Common, findings?: Findings) {
    this.columns = columns;
    this.picks = picks;
    this.places = places;
    this.#common = common;
    this.#findings = findings ?? { keys: new Array(common.keyFields.length), wheres: new Map() };
  }

  /** Of all activities of a batch. */
  static of(columns: ActivityColumns, picks: Int32Array, places: Int32Array, { facts, keys }: Plan): Making {
    const common = { facts, cuts: new Cuts(), keyFields: keys, texts: new Map(), digests: new Map() };
    return new Making(columns, picks, places, common);
  }

  get facts(): OcsfClassFacts {
    return this.#common.facts;
  }

  get cuts(): Cuts {
    return this.#common.cuts;
  }

  /** The same activities, for other rows. */
  elsewhere(places: Int32Array): Making {
    return new Making(this.columns, this.picks, places, this.#common, this.#findings);
  }

  /** Other activities, made of the same entries. */
  others(columns: ActivityColumns, picks: Int32Array, places: Int32Array): Making {
    return new Making(columns, picks, places, this.#common);
  }

  key(place: number): Key {
    const { keys } = this.#findings;
    keys[place] ??= keyOf(this.columns, this.#common.keyFields[place]!);
    return keys[place];
  }

  /** The picks for which a condition holds; looked at once for all columns that have it. */
  where({ key, holds }: NonNullable<Way['condition']>): Where {
    const { wheres } = this.#findings;
    let where = wheres.get(holds);
    if (where === undefined) {
      where = picksWhere(this.key(key), holds, this.picks);
      wheres.set(holds, where);
    }
    return where;
  }

  /** The number of a text that was made, the same for equal texts. */
  textId(text: string): number {
    const { texts } = this.#common;
    let id = texts.get(text);
    if (id === undefined) {
      id = this.columns.heap.add(text);
      texts.set(text, id);
    }
    return id;
  }

  /** By entry of a text field: 1 where it has exactly so many hex digits. Looked at once. */
  wholeDigests(name: AgentFieldName, digits: number): Uint8Array {
    const { digests } = this.#common;
    const known = digests.get(`${name} ${digits}`);
    if (known !== undefined) return known;
    const whole = wholeDigests(this.columns.fields.get(name)!, digits, this.columns.heap);
    digests.set(`${name} ${digits}`, whole);
    return whole;
  }
}

interface Plan {
  readonly facts: OcsfClassFacts;
  readonly keys: readonly KeyFields[];
}

function picksWhere({ codes, size, activity }: Key, holds: (activity: Activity) => boolean, picks: Int32Array): Where {
  const holding = new Uint8Array(size + 1);
  for (let code = -1; code < size; code++) holding[code + 1] = holds(activity(code)) ? 1 : 0;
  const where = new Int32Array(picks.length);
  let count = 0;
  for (let i = 0; i < picks.length; i++) if (holding[codes[picks[i]!]! + 1] === 1) where[count++] = i;
  return where.subarray(0, count);
}
