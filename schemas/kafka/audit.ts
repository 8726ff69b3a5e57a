import type { EventClass } from '../event-classes.ts';
import type { ApiKeyScope } from '../redis/keys.ts';
import type { Destination, RegistrationId } from '../registration.ts';

/** What can be changed. */
export const auditActions = [
  'registration.start',
  'registration.move',
  'registration.pause',
  'registration.resume',
  'registration.end',
  'key.create',
  'key.rotate',
  'key.revoke',
  'replay.start',
  'replay.resume',
  'rejected.requeue',
  'parked.to-current',
  'parked.drop',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who changed something: a customer by one of its API keys, or a person at the command line. */
export type AuditActor =
  | { readonly kind: 'api-key'; readonly id: string }
  | { readonly kind: 'operator'; readonly name: string };

/** A registration before or after a change. */
export interface AuditedRegistration {
  readonly state: string;
  readonly generation: number;
  readonly destination: Destination;
}

/** An API key before or after a change; never its hash. */
export interface AuditedKey {
  readonly id: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly expiresAt?: string;
  readonly replacedBy?: string;
  readonly revokedAt?: string;
}

/** A replay that a person started, or went on with. */
export interface AuditedReplay {
  readonly plan: string;
  readonly generation: number;
  /** Arrival times, ISO 8601, UTC; `to` isn't included. */
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

/** Rejected events that a person produced again. */
export interface AuditedRequeue {
  /** Where they came from: `<event class>/<partition>/<offset>`, at most 100 of them. */
  readonly events: readonly string[];
  readonly count: number;
}

/** Parked objects of which a person ordered something. */
export interface AuditedParked {
  /** Their keys in our own bucket, at most 100 of them. */
  readonly objects: readonly string[];
  readonly count: number;
  readonly rows: number;
}

/**
 * One change, as the topic `audit` keeps it. It is durable before the change is written to the journal, so no change is
 * without it; when a process dies in between, a record may stand there for a change that didn't happen. Nothing of ours
 * changes or deletes these records.
 */
export interface AuditRecord {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly account: string;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  readonly subject: RegistrationId | `apikey/${string}` | `rejected/${EventClass}`;
  /** Absent where there was nothing. */
  readonly before?: AuditedRegistration | AuditedKey;
  readonly after: AuditedRegistration | AuditedKey | AuditedReplay | AuditedRequeue | AuditedParked;
  /** The `x-request-id` of the answer, or of the command. */
  readonly requestId: string;
}
