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
 * How many earlier generations a record keeps. Only ended ones beyond it are forgotten, oldest first (their rows are
 * dropped anyway); a superseded one stays until its last row is delivered, which only a person can say.
 */
export const earlierGenerationsMax = 500;

/**
 * The record after `request`. Generation 1 is the first; a new destination, another OCSF version or a start after an
 * end makes the next one and keeps the earlier. The same again answers `existing` itself.
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
  const earlier = forgetOldestEnded([...existing.earlier, generationOf(existing)]);
  return { ...existing, state: 'active', generation, destination, ocsfVersion, earlier, changedAt };
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

function generationOf(record: RegistrationRecord): EarlierGeneration {
  const state = record.state === 'ended' ? 'ended' : 'superseded';
  return { generation: record.generation, state, destination: record.destination };
}

function forgetOldestEnded(earlier: readonly EarlierGeneration[]): EarlierGeneration[] {
  let surplus = earlier.length - earlierGenerationsMax;
  return earlier.filter(({ state }) => {
    if (state !== 'ended' || surplus <= 0) return true;
    surplus -= 1;
    return false;
  });
}
