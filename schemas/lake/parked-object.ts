import { type FaultCode, faults } from '../faults.ts';
import type { Destination, RegistrationId } from '../registration.ts';

/** How long a parked object is tried again, ms. Source: architecture, section 6, a refusing bucket. */
export const parkedForMs = 14 * 86_400_000;
/** How long an object waits at least before it goes to a newer bucket or prefix by itself, ms. */
export const movedAfterMs = 3_600_000;

/** What is written down with a parked object when it is parked, and never changes. */
export interface ParkedFacts {
  readonly registration: RegistrationId;
  readonly generation: number;
  /** Where its generation goes, and as whom. */
  readonly destination: Destination;
  /** The value of `accountId=` in its key. */
  readonly objectAccount: string;
  /** The value of `eventDay=` in its key. */
  readonly eventDay: string;
  /** `<32 hex digits>.parquet`. */
  readonly name: string;
  readonly rows: number;
  /** SHA-256 of the object's bytes, lower-case hex. */
  readonly sha256: string;
  readonly handoffTopic: string;
  readonly handoffPartition: number;
  /** Of the hand-off partition: a recreated topic has another one. */
  readonly incarnation: string;
  readonly offsets: readonly [first: number, last: number];
  readonly times: readonly [earliest: number, latest: number];
  /** The window that parked it, by `windowId`. Absent in what an earlier release parked. */
  readonly window?: string;
  /** Where that window is traced: its context, for its redelivery to be linked to. */
  readonly traceparent?: string;
  /** Ms since the epoch. */
  readonly parkedAt: number;
  /** Why its lake didn't take it. */
  readonly fault: FaultCode;
}

/** What an operator wants done with a parked object: tried now, tried at the registration's newest location, or dropped. */
export const parkedOrders = ['retry', 'to-current', 'drop'] as const;
export type ParkedOrder = (typeof parkedOrders)[number];

/**
 * What has become of a parked object since: the note beside it. An object without a note was not tried again, and nobody
 * vouches for the tries before it was parked.
 */
export interface ParkedNote {
  /** How often it was tried again. */
  readonly tries: number;
  /** When it is tried next, ms since the epoch. */
  readonly nextTry: number;
  readonly fault?: FaultCode;
  /**
   * True while every try so far was refused for certain: then the rows are nowhere else, and the object may go to another
   * bucket. False from before a try until its answer is known, and for ever after one whose outcome isn't.
   */
  readonly certain: boolean;
  /** Who is trying it: random, so that nobody takes another's try for its own. */
  readonly trying?: string;
  /** Where it goes instead of its generation's own destination. */
  readonly movedTo?: Destination;
}

/** The facts as one line of ASCII, as they stand in the metadata of the object (S3 takes 2 KB). */
export function encodeParkedFacts(facts: ParkedFacts): string {
  return JSON.stringify(facts).replaceAll(/[\u007f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The inverse of `encodeParkedFacts`; undefined for what this release can't read. */
export function decodeParkedFacts(text: string): ParkedFacts | undefined {
  const facts = parse<ParkedFacts>(text);
  const whole =
    [facts?.generation, facts?.rows, facts?.parkedAt, facts?.handoffPartition].every(Number.isSafeInteger) &&
    [facts?.registration, facts?.name, facts?.sha256, facts?.destination?.bucketName].every(isText) &&
    Object.hasOwn(faults, facts?.fault ?? '');
  return whole ? facts : undefined;
}

/** The note as it is kept. */
export function encodeParkedNote(note: ParkedNote): string {
  return JSON.stringify(note);
}

/** The inverse of `encodeParkedNote`; undefined for what this release can't read. */
export function decodeParkedNote(text: string): ParkedNote | undefined {
  const note = parse<ParkedNote>(text);
  const whole =
    Number.isSafeInteger(note?.tries) && Number.isFinite(note?.nextTry) && typeof note?.certain === 'boolean';
  return whole ? note : undefined;
}

/** The order that the text of an order says; undefined for any other text. */
export function decodeParkedOrder(text: string): ParkedOrder | undefined {
  return parkedOrders.find((order) => order === text.trim());
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

function parse<Read>(text: string): Read | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Read) : undefined;
  } catch {
    return undefined;
  }
}
