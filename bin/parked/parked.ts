import type { Parking } from '@tributary/lake';
import { auditMessage } from '@tributary/registration/audit.ts';
import type { AuditAction } from '@tributary/schemas/kafka/audit.ts';
import { expiredRoot, parkedRoot, readParkedKey } from '@tributary/schemas/lake/parked-key.ts';
import {
  decodeParkedNote,
  type ParkedFacts,
  type ParkedNote,
  type ParkedOrder,
} from '@tributary/schemas/lake/parked-object.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';
import type { Publisher } from '@tributary/stream';

const auditedKeysMax = 100;
/** Objects looked at together. */
const together = 16;

/** Which parked objects are meant. Everything that is given must fit. */
export interface ParkedSelection {
  readonly account?: string;
  readonly eventClass?: string;
  /** Of one object: its key in our bucket. */
  readonly key?: string;
}

/** A parked object with all that is written down about it. */
export interface ParkedObject {
  readonly key: string;
  readonly bytes: number;
  readonly facts: ParkedFacts;
  readonly note?: ParkedNote;
  readonly order?: ParkedOrder;
}

/** Who orders something. */
export interface Operator {
  readonly name: string;
  readonly requestId: string;
  /** Ms since the epoch. */
  readonly now: number;
}

/** What of parked objects: those that wait, or those that were given up after 14 days. */
export async function findParked(
  parking: Parking,
  selection: ParkedSelection,
  options: { readonly limit: number; readonly expired?: boolean },
): Promise<{ readonly found: readonly ParkedObject[]; readonly more: boolean }> {
  const root = options.expired === true ? expiredRoot : parkedRoot;
  const entries: { key: string; bytes: number; ordered: boolean }[] = [];
  for await (const entry of parking.list(prefixOf(root, selection))) {
    if (!fits(`${parkedRoot}${entry.key.slice(root.length)}`, selection)) continue;
    if (entries.length === options.limit) return { found: await lookAt(parking, entries), more: true };
    entries.push(entry);
  }
  return { found: await lookAt(parking, entries), more: false };
}

/** Leaves the order beside each object, after the audit log has it where it could duplicate or lose rows. */
export async function giveOrder(
  objects: readonly ParkedObject[],
  order: ParkedOrder,
  by: Operator,
  { parking, publisher }: { readonly parking: Parking; readonly publisher: Pick<Publisher, 'publish'> },
): Promise<void> {
  const action = auditedAs[order];
  if (action !== undefined) await publisher.publish(auditOf(objects, action, by));
  for (let at = 0; at < objects.length; at += together)
    await Promise.all(objects.slice(at, at + together).map(({ key }) => parking.order(key, order)));
}

const auditedAs: Partial<Record<ParkedOrder, AuditAction>> = { 'to-current': 'parked.to-current', drop: 'parked.drop' };

function auditOf(objects: readonly ParkedObject[], action: AuditAction, { name, requestId, now }: Operator) {
  const of = Map.groupBy(objects, ({ facts }) => facts.registration);
  return [...of].map(([registration, parked]) =>
    auditMessage({
      at: new Date(now).toISOString(),
      account: accountOf(registration),
      actor: { kind: 'operator', name },
      action,
      subject: registration,
      after: {
        objects: parked.slice(0, auditedKeysMax).map(({ key }) => key),
        count: parked.length,
        rows: parked.reduce((sum, { facts }) => sum + facts.rows, 0),
      },
      requestId,
    }),
  );
}

const accountOf = (registration: RegistrationId) => registration.slice(0, registration.indexOf('/'));

function prefixOf(root: string, { eventClass, key }: ParkedSelection): string {
  if (key !== undefined) return key;
  return eventClass === undefined ? root : `${root}ocsf.${eventClass}/`;
}

function fits(key: string, { account }: ParkedSelection): boolean {
  const read = readParkedKey(key);
  return read !== undefined && (account === undefined || read.account === account);
}

async function lookAt(
  parking: Parking,
  entries: readonly { readonly key: string; readonly bytes: number; readonly ordered: boolean }[],
): Promise<ParkedObject[]> {
  const found: ParkedObject[] = [];
  for (let at = 0; at < entries.length; at += together) {
    const looked = await Promise.all(
      entries.slice(at, at + together).map(async ({ key, bytes, ordered }) => {
        const facts = await parking.facts(key);
        const written = await parking.readNote(key);
        const note = written && decodeParkedNote(written.text);
        const order = ordered ? await parking.readOrder(key) : undefined;
        return facts && { key, bytes, facts, ...(note ? { note } : {}), ...(order ? { order } : {}) };
      }),
    );
    found.push(...looked.filter((object) => object !== undefined));
  }
  return found;
}
