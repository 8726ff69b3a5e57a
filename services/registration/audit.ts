import type {
  AuditAction,
  AuditActor,
  AuditedKey,
  AuditedRegistration,
  AuditRecord,
} from '@tributary/schemas/kafka/audit.ts';
import { auditTopic } from '@tributary/schemas/kafka/topics.ts';
import { type ApiKeyRecord, apiKeyScopes } from '@tributary/schemas/redis/keys.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { OutgoingRecord } from '@tributary/stream';

/** The message of the topic `audit` that says `record`; its key is the account. */
export function auditMessage(record: AuditRecord): OutgoingRecord {
  return { topic: auditTopic, partition: 0, key: record.account, value: JSON.stringify(record) };
}

/** What the audit log says of a registration. */
export function auditedRegistration({ state, generation, destination }: RegistrationRecord): AuditedRegistration {
  return { state, generation, destination };
}

/** What the audit log says of an API key: all but its hash. */
export function auditedKey({ id, scopes = apiKeyScopes, expiresAt, replacedBy, revokedAt }: ApiKeyRecord): AuditedKey {
  return {
    id,
    scopes,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
  };
}

/** What a change of a registration is called. */
export function actionOf(before: RegistrationRecord | undefined, after: RegistrationRecord): AuditAction {
  if (after.state === 'ended') return 'registration.end';
  if (before === undefined || before.state === 'ended') return 'registration.start';
  if (before.generation !== after.generation) return 'registration.move';
  return after.state === 'paused' ? 'registration.pause' : 'registration.resume';
}

const actorText = (actor: AuditActor): string =>
  actor.kind === 'api-key' ? `API key ${actor.id}` : `operator ${actor.name}`;

/** One line of the audit log for a person: when, who, what, of what, what differs, and the request. */
export function auditLine({ at, actor, action, subject, before, after, requestId }: AuditRecord): string {
  const differs = differences(before ?? {}, after).join(', ');
  return `${at}  ${actorText(actor)}  ${action}  ${subject}  ${differs || 'nothing'}  (${requestId})`;
}

function differences(before: object, after: object, path = ''): string[] {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) => {
    if (JSON.stringify(old[name]) === JSON.stringify(now[name])) return [];
    if (isMembers(now[name])) return differences(isMembers(old[name]) ? old[name] : {}, now[name], `${path}${name}.`);
    return [`${path}${name}: ${shown(old[name])} → ${shown(now[name])}`];
  });
}

const isMembers = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => (value === undefined ? '–' : String(value));
