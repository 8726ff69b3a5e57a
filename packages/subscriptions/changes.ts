import type { EventClass } from '@tributary/schemas/event-classes.ts';
import {
  type Destination,
  type EarlierGeneration,
  type OcsfVersion,
  type RegistrationRecord,
  registrationId,
} from '@tributary/schemas/registration.ts';

/** What a customer asks for: deliver this class of this account there, in this OCSF version. */
export interface RegisterRequest {
  readonly account: string;
  readonly eventClass: EventClass;
  readonly destination: Destination;
  readonly ocsfVersion: OcsfVersion;
}

/**
 * How many earlier generations a record keeps. Beyond it the oldest that may be forgotten are: one that ended (its rows
 * are dropped anyway), or one that was superseded `supersededKeptMs` ago. Few, because each change of a registration carries
 * them all: to the journal, into Redis' stream of changes (`changesKept`) and to every mirror.
 */
export const earlierGenerationsMax = 50;

/**
 * How long the destination of a superseded generation is kept at least. Its last row left a consumer within minutes; the
 * hand-off keeps it for 3 days and what its segment takes to be closed (7 days); then it is delivered or parked, for 14
 * days at most. The rest is for partitions that stood still.
 */
export const supersededKeptMs = 45 * 86_400_000;

/** A registration changed its destination so often that all of the places for earlier ones are still needed. */
export class TooManyGenerations extends Error {
  constructor() {
    super(`The destination was changed ${earlierGenerationsMax} times within ${supersededKeptMs / 86_400_000} days.`);
    this.name = 'TooManyGenerations';
  }
}

/**
 * The record after `request`. Generation 1 is the first; a new destination, another OCSF version or a start after an
 * end makes the next one and keeps the earlier. The same again answers `existing` itself. Throws TooManyGenerations.
 */
export function register(
  existing: RegistrationRecord | undefined,
  request: RegisterRequest,
  now: Date,
): RegistrationRecord {
  const changedAt = now.toISOString();
  const { account, eventClass, destination, ocsfVersion } = request;
  if (existing === undefined) {
    const registration = registrationId(account, eventClass);
    const first = { generation: 1, earlier: [], createdAt: changedAt, changedAt } as const;
    return { registration, account, eventClass, state: 'active', destination, ocsfVersion, ...first };
  }
  const same = sameDestination(existing.destination, destination) && existing.ocsfVersion === ocsfVersion;
  if (existing.state === 'active' && same) return existing;
  const generation = existing.generation + 1;
  const earlier = forgetOldest(existing, [...existing.earlier, generationOf(existing, changedAt)], now);
  return { ...existing, state: 'active', generation, destination, ocsfVersion, ...earlier, changedAt };
}

/** The record after its customer stopped delivery: ended, with its generation kept. An ended one is answered as it is. */
export function end(existing: RegistrationRecord, now: Date): RegistrationRecord {
  return existing.state === 'ended' ? existing : { ...existing, state: 'ended', changedAt: now.toISOString() };
}

/**
 * The record after its customer named another destination: the next generation, paused where it was paused. The rows of
 * the generation before still go where they were meant to go. The same destination again answers `existing` itself.
 */
export function move(existing: RegistrationRecord, destination: Destination, now: Date): RegistrationRecord {
  if (sameDestination(existing.destination, destination)) return existing;
  const { account, eventClass, ocsfVersion, state } = existing;
  return { ...register(existing, { account, eventClass, ocsfVersion, destination }, now), state };
}

/** The record while nothing new is collected for it (`paused`), or again (`active`). One that is so is answered as it is. */
export function setPaused(existing: RegistrationRecord, paused: boolean, now: Date): RegistrationRecord {
  const state = paused ? 'paused' : 'active';
  return existing.state === state ? existing : { ...existing, state, changedAt: now.toISOString() };
}

/** True when all four parts are the same. */
export function sameDestination(one: Destination, other: Destination): boolean {
  return (
    one.providerAccountID === other.providerAccountID &&
    one.bucketName === other.bucketName &&
    one.prefix === other.prefix &&
    one.roleARN === other.roleARN
  );
}

function generationOf(record: RegistrationRecord, until: string): EarlierGeneration {
  const state = record.state === 'ended' ? 'ended' : 'superseded';
  return { generation: record.generation, state, destination: record.destination, until };
}

function forgetOldest(
  existing: RegistrationRecord,
  all: readonly EarlierGeneration[],
  now: Date,
): Pick<RegistrationRecord, 'earlier' | 'forgotten'> {
  let surplus = all.length - earlierGenerationsMax;
  let forgotten = existing.forgotten;
  const earlier = all.filter(({ state, until, generation }) => {
    const old = until !== undefined && now.getTime() - Date.parse(until) >= supersededKeptMs;
    if (surplus <= 0 || (state !== 'ended' && !old)) return true;
    surplus -= 1;
    if (state !== 'ended') forgotten = Math.max(forgotten ?? 0, generation);
    return false;
  });
  if (surplus > 0) throw new TooManyGenerations();
  return forgotten === undefined ? { earlier } : { earlier, forgotten };
}
