import { Fault } from '@tributary/schemas/faults.ts';
import { knownGroup } from '@tributary/schemas/kafka/groups.ts';
import { auditTopic } from '@tributary/schemas/kafka/topics.ts';

/**
 * How many registrations there were at a version of the journal, remembered outside Redis and outside the journal.
 * Registrations end, but they never vanish: the number only rises, unless an operator confirmed a loss.
 */
export interface Known {
  readonly version: number;
  /** Ended ones count. */
  readonly registrations: number;
  /** The version for which an operator confirmed that the others are gone. */
  readonly confirmedVersion?: number;
}

/** A loss of this many registrations, and of this share of them, is refused (invariant 5). */
export const vanishedMax = { registrations: 100, share: 0.2 } as const;

/**
 * Where the number is remembered: in the metadata of an offset that this group commits of the audit topic, which is
 * there whatever becomes of the journal's own topic. The offset itself means nothing.
 */
export const knownAt = { groupId: knownGroup, topic: auditTopic, partition: 0 } as const;

/** What `readKnown` asks of Kafka. */
export interface CommittedReader {
  committed(groupId: string, topic: string): Promise<Map<number, { readonly metadata: string }>>;
}

/** The number that is remembered; undefined before the first. */
export async function readKnown(admin: CommittedReader): Promise<Known | undefined> {
  const committed = await admin.committed(knownAt.groupId, knownAt.topic);
  return decodeKnown(committed.get(knownAt.partition)?.metadata);
}

/** The number as the offset's metadata, within the 4 KB that a broker allows. */
export const encodeKnown = (known: Known): string => JSON.stringify(known);

/** Throws when it is not ours: a number that can't be read must not count as none. */
export function decodeKnown(metadata: string | undefined): Known | undefined {
  if (metadata === undefined || metadata === '') return undefined;
  const known = JSON.parse(metadata) as Known;
  if (Number.isSafeInteger(known.version) && Number.isSafeInteger(known.registrations)) return known;
  throw new Error(`The offset of ${knownAt.groupId} carries no number of registrations`);
}

/** True when `vanished` of `before` are too many to be believed. */
export function isMassLoss(vanished: number, before: number): boolean {
  return vanished >= vanishedMax.registrations && vanished > before * vanishedMax.share;
}

/** Refuses (`subscriptions-not-whole`) so few registrations that many of the remembered ones must have vanished. */
export function refuseMassLoss(found: { readonly registrations: number }, known: Known | undefined): void {
  if (known === undefined || !isMassLoss(known.registrations - found.registrations, known.registrations)) return;
  const detail = `${found.registrations} registrations where ${known.registrations} were known: an operator must confirm the loss`;
  throw new Fault('subscriptions-not-whole', detail);
}
