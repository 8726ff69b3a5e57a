import type { EventClass } from './event-classes.ts';

/** `<account>/<event class>`: names a registration for ever, whatever its destination becomes. */
export type RegistrationId = `${string}/${EventClass}`;

/** Where one generation of a registration is delivered, and as whom. The external id is the account's id with us. */
export interface Destination {
  /** The customer's AWS account, 12 digits. */
  readonly providerAccountID: string;
  readonly bucketName: string;
  /** Key prefix, without slashes at its ends, such as `ext/tributary-file/1.0`. */
  readonly prefix: string;
  readonly roleARN: string;
}

/** A generation that was replaced by a newer one (its rows still go to its own destination) or ended (its rows are dropped). */
export interface EarlierGeneration {
  readonly generation: number;
  readonly state: 'superseded' | 'ended';
  /** When the next one took its place, ISO 8601, UTC. */
  readonly until?: string;
  readonly destination: Destination;
}

/** OCSF versions that Security Lake takes from a custom source (AWS: "1.3 and earlier") and that we write. */
export const ocsfVersions = ['1.1.0', '1.3.0'] as const;
export type OcsfVersion = (typeof ocsfVersions)[number];

/**
 * A registration as the journal topic and Redis keep it: always whole, never a difference, so the newest record of a
 * registration says everything. `generation` rises with every change of destination or OCSF version and with every new
 * start after an end, and never falls.
 */
export interface RegistrationRecord {
  readonly registration: RegistrationId;
  readonly account: string;
  readonly eventClass: EventClass;
  /** A paused one keeps its destination; from then on events are neither delivered nor kept. */
  readonly state: 'active' | 'paused' | 'ended';
  readonly generation: number;
  readonly destination: Destination;
  readonly ocsfVersion: OcsfVersion;
  readonly earlier: readonly EarlierGeneration[];
  /** The newest superseded generation that was forgotten; rows of it or an older one are not expected any more. */
  readonly forgotten?: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly changedAt: string;
}

/** The id of the registration of `account` for `eventClass`. */
export function registrationId(account: string, eventClass: EventClass): RegistrationId {
  return `${account}/${eventClass}`;
}

/** The account and event class that `registration` names. */
export function partsOfRegistration(registration: RegistrationId): { account: string; eventClass: EventClass } {
  const slash = registration.indexOf('/');
  return { account: registration.slice(0, slash), eventClass: registration.slice(slash + 1) as EventClass };
}
