import { createHash } from 'node:crypto';
import type { Destination } from '../registration.ts';

/**
 * Where parked objects lie in our own bucket:
 * `parked/<hand-off topic>/<partition>/<account>/<location>/<first hand-off offset>-<name>.parquet`, so that the owner of a
 * hand-off partition lists only its own, and those of one customer's location in the order in which they are delivered.
 * Beside an object lie its note, `….note.json` (what has become of it), and what an operator orders, `….order.txt`.
 */
export const parkedRoot = 'parked/';
/** Where an object goes that was given up after 14 days: the same key behind another root. */
export const expiredRoot = 'expired/';

const objectEnd = '.parquet';
const noteEnd = '.note.json';
const orderEnd = '.order.txt';
const offsetDigits = 16;

/** What decides where an object is parked. */
export interface ParkedPlace {
  readonly handoffTopic: string;
  readonly handoffPartition: number;
  /** The customer's account with us. */
  readonly account: string;
  readonly destination: Pick<Destination, 'bucketName' | 'prefix'>;
  /** Hand-off offset of its first row. */
  readonly firstOffset: number;
  /** Its name in the customer's lake. */
  readonly name: string;
}

/** The prefix of everything that is parked of one hand-off partition. */
export function parkedFolder(handoffTopic: string, partition: number): string {
  return `${parkedRoot}${handoffTopic}/${partition}/`;
}

/** The objects of one account for one bucket and prefix: they are delivered in order, and refused together. */
export function laneOf(account: string, { bucketName, prefix }: Pick<Destination, 'bucketName' | 'prefix'>): string {
  const location = createHash('sha256').update(`${bucketName}/${prefix}`).digest('hex').slice(0, 12);
  return `${account}/${location}`;
}

/** The key under which an object is parked: the same for whoever parks it. */
export function parkedKey(place: ParkedPlace): string {
  const { handoffTopic, handoffPartition, account, destination, firstOffset, name } = place;
  const offset = String(firstOffset).padStart(offsetDigits, '0');
  return `${parkedFolder(handoffTopic, handoffPartition)}${laneOf(account, destination)}/${offset}-${name}`;
}

/** The key of the note beside a parked object. */
export function noteKeyOf(key: string): string {
  return `${key.slice(0, -objectEnd.length)}${noteEnd}`;
}

/** The key of an operator's order beside a parked object. */
export function orderKeyOf(key: string): string {
  return `${key.slice(0, -objectEnd.length)}${orderEnd}`;
}

/** True for the key of a parked object, false for what lies beside one. */
export function isParkedObject(key: string): boolean {
  return key.endsWith(objectEnd);
}

/** Where the object goes when it is given up. */
export function expiredKeyOf(key: string): string {
  return `${expiredRoot}${key.slice(parkedRoot.length)}`;
}

/** What the key of a parked object says; undefined for any other key. */
export function readParkedKey(key: string): ReadParkedKey | undefined {
  const found = /^parked\/([^/]+)\/(\d+)\/(\d{12})\/([0-9a-f]{12})\/(\d{16})-[0-9a-f]{32}\.parquet$/.exec(key);
  if (found === null) return undefined;
  const [, handoffTopic, partition, account, location, offset] = found as unknown as string[];
  return {
    handoffTopic: handoffTopic!,
    handoffPartition: Number(partition),
    account: account!,
    lane: `${account}/${location}`,
    firstOffset: Number(offset),
  };
}

/** What the key of a parked object says. */
export interface ReadParkedKey {
  readonly handoffTopic: string;
  readonly handoffPartition: number;
  readonly account: string;
  readonly lane: string;
  readonly firstOffset: number;
}
