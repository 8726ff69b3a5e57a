import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { SentEvent } from './producer.ts';

/** A record of an agent topic, as it lies in Kafka. */
export interface LoggedRecord {
  /** `<topic>#<how often it was made anew>/<partition>/<offset>`. */
  readonly source: string;
  readonly uuid: string;
  /** When Kafka appended it, ms since the epoch. */
  readonly appendedAt: number;
}

/** A row of an object in a customer's lake. */
export interface FoundRow {
  readonly uuid: string;
  /** Whose lake the object lies in, and under which of its sources. */
  readonly account: string;
  readonly eventClass: EventClass;
  /** `<bucket>/<key>`. */
  readonly object: string;
}

/** A record of `rejected`. */
export interface FoundRejection {
  readonly source: string;
  readonly fault: string;
}

/** Everything that a run left behind; the checker is given nothing else. */
export interface Evidence {
  readonly isRegistered: (account: string | undefined, eventClass: EventClass) => boolean;
  readonly sent: ReadonlyMap<string, SentEvent>;
  readonly logged: readonly LoggedRecord[];
  readonly rows: readonly FoundRow[];
  readonly rejections: readonly FoundRejection[];
  /** What objects break of the lake's rules, a sentence each. */
  readonly invalid: readonly string[];
  /** Objects that were created more than once. */
  readonly createdTwice: readonly string[];
  /** Committed offsets that went back, a sentence each. */
  readonly wentBack: readonly string[];
}

/** What the checker found. All but `events`, `delivered` and `rejected` must be nothing. */
export interface Verdict {
  /** Records that Kafka took. */
  readonly events: number;
  readonly delivered: number;
  readonly rejected: number;
  /** Events of registered customers that are neither in their lake nor rejected; and acknowledged ones that Kafka lacks. */
  readonly lost: number;
  /** Rows beyond one for each record, and objects created again. */
  readonly duplicated: number;
  /** Rows in a lake, or under a source, that isn't theirs; or of customers without a registration. */
  readonly misrouted: number;
  /** Sound events that were rejected, and broken ones that were rejected for another reason or delivered. */
  readonly misjudged: number;
  readonly invalid: number;
  readonly wentBack: number;
  /** Up to 20 sentences about all that. */
  readonly wrong: readonly string[];
}

const sentencesMax = 20;

/**
 * Compares what was sent with what came out. It knows nothing of how events are delivered: only what the producer was
 * told, what lies in Kafka, in the lakes and on `rejected`, and who is registered.
 */
export function verdictOf(evidence: Evidence): Verdict {
  const { sent, logged, rows, rejections, isRegistered } = evidence;
  const notes = new Notes();
  const records = groupBy(logged, ({ uuid }) => uuid);
  const found = groupBy(rows, ({ uuid }) => uuid);
  const rejectedAs = new Map(rejections.map(({ source, fault }) => [source, fault]));
  const totals = { delivered: 0, rejected: 0 };

  for (const [uuid, event] of sent) {
    const mine = records.get(uuid) ?? [];
    const refusals = mine.flatMap(({ source }) => rejectedAs.get(source) ?? []);
    if (event.acknowledged && mine.length === 0) notes.add('lost', `${uuid} was acknowledged, and Kafka lacks it`);
    judgeRefusals(event, refusals, notes);
    const lake = isRegistered(event.account, event.eventClass) ? event.account : undefined;
    const all = found.get(uuid) ?? [];
    const right = all.filter((row) => row.account === lake && row.eventClass === event.eventClass);
    for (const row of all)
      if (!right.includes(row))
        notes.add('misrouted', `${uuid} of ${event.account} ${event.eventClass} lies in ${row.object}`);
    const wanted = lake === undefined || event.fate === 'rejected' ? 0 : mine.length;
    totals.delivered += right.length;
    totals.rejected += refusals.length;
    if (event.fate === 'rejected' && right.length > 0) notes.add('misjudged', `${uuid} is broken and was delivered`);
    else if (
      right.length + refusals.length > wanted + (event.fate === 'rejected' ? mine.length : 0) &&
      right.length > 0
    )
      notes.add('duplicated', `${uuid} has ${right.length} rows: ${right.map(({ object }) => object).join(', ')}`);
    if (event.fate === 'rejected' && refusals.length < mine.length)
      notes.add('lost', `${uuid} is broken and was not rejected`);
    if (right.length + refusals.length < wanted)
      notes.add('lost', `${uuid} of ${event.account} ${event.eventClass} from ${mine[0]!.source}`);
  }
  for (const [uuid, all] of found)
    if (!sent.has(uuid)) notes.add('misrouted', `${uuid}, which nobody sent, lies in ${all[0]!.object}`);
  for (const object of evidence.createdTwice) notes.add('duplicated', `${object} was created twice`);
  for (const sentence of evidence.invalid) notes.add('invalid', sentence);
  for (const sentence of evidence.wentBack) notes.add('wentBack', sentence);
  return { events: logged.length, ...totals, ...notes.counts, wrong: notes.sentences };
}

/** Whether everything is as it must be. */
export function isClean({ lost, duplicated, misrouted, misjudged, invalid, wentBack }: Verdict): boolean {
  return lost + duplicated + misrouted + misjudged + invalid + wentBack === 0;
}

function judgeRefusals({ uuid, fate, fault }: SentEvent, refusals: readonly string[], notes: Notes): void {
  for (const refusal of refusals) {
    if (fate === 'delivered') notes.add('misjudged', `${uuid} is sound and was rejected as ${refusal}`);
    else if (fault !== refusal) notes.add('misjudged', `${uuid} was rejected as ${refusal}, not as ${fault}`);
  }
}

type Wrong = 'lost' | 'duplicated' | 'misrouted' | 'misjudged' | 'invalid' | 'wentBack';

class Notes {
  readonly counts: Record<Wrong, number> = {
    lost: 0,
    duplicated: 0,
    misrouted: 0,
    misjudged: 0,
    invalid: 0,
    wentBack: 0,
  };
  readonly sentences: string[] = [];

  add(what: Wrong, sentence: string): void {
    this.counts[what] += 1;
    if (this.sentences.length < sentencesMax) this.sentences.push(`${what}: ${sentence}`);
  }
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
