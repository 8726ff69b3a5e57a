import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { Fault } from '@tributary/schemas/faults.ts';
import { LRUCache } from 'lru-cache';
import { faultOf } from './fault-of.ts';
import { createPlaces } from './p-limit.ts';

/** Keys of one session of a role. The same object is answered until the session is renewed. */
export interface RoleSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** When AWS ends it, ms since the epoch. */
  readonly endsAt: number;
}

/** Sessions of the customers' roles. */
export interface RoleSessions {
  /** Rejects with a Fault of `role-refused`, `lake-throttled` or `lake-unavailable`. */
  session(roleARN: string, externalId: string): Promise<RoleSession>;
  /** Forgets a session that AWS has refused, unless it was renewed meanwhile. */
  drop(roleARN: string, externalId: string, session: RoleSession): void;
}

/** What sessions are made with and how many are kept. */
export interface RoleSessionsOptions {
  readonly sts: Pick<STSClient, 'send'>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Sessions kept; the one that was not used for longest goes first. */
  readonly capacity?: number;
}

/** The longest session that a role may give when it is assumed by another role (AWS: role chaining, 1 hour). */
export const sessionSeconds = 3600;
/** A session is renewed this long before it ends, so that no put starts with one about to end. */
export const renewBeforeMs = 5 * 60_000;
/** Roles assumed at once, of all customers together; a call that hangs leaves its place. */
export const assumedAtOnce = 16;
const slow = { slowAfterMs: 2_000, slowMax: 256 };
/** A refusal is believed this long, so that 64 puts at once don't ask 64 times. */
export const refusalMs = 3_000;

type Known = { readonly session: RoleSession } | { readonly refusal: Fault; readonly at: number };

/**
 * Sessions by AssumeRole with the external id: cached per (role, external id), one request at a time for each, renewed
 * before they end, and so many at once in all. A session that still holds is used on where AWS doesn't answer its renewal; a refused one isn't.
 */
export function createRoleSessions({ sts, now, capacity = 5_000 }: RoleSessionsOptions): RoleSessions {
  const known = new LRUCache<string, Known>({ max: capacity });
  const underWay = new Map<string, Promise<RoleSession>>();
  const place = createPlaces({ places: assumedAtOnce, ...slow });

  async function renew(key: string, roleARN: string, externalId: string): Promise<RoleSession> {
    const before = known.get(key);
    try {
      const session = await place(() => assumeRole(sts, roleARN, externalId));
      known.set(key, { session });
      return session;
    } catch (error) {
      const fault = error instanceof Fault ? error : faultOf(error, 'assume-role');
      if (fault.code === 'role-refused') known.set(key, { refusal: fault, at: now() });
      else if (before !== undefined && 'session' in before && before.session.endsAt > now()) return before.session;
      throw fault;
    }
  }

  return {
    async session(roleARN, externalId) {
      const key = keyOf(roleARN, externalId);
      const found = known.get(key);
      if (found !== undefined && 'session' in found && found.session.endsAt - now() > renewBeforeMs)
        return found.session;
      if (found !== undefined && 'refusal' in found && isRecent(now() - found.at)) throw found.refusal;
      const renewal = underWay.get(key) ?? renew(key, roleARN, externalId).finally(() => underWay.delete(key));
      underWay.set(key, renewal);
      return renewal;
    },
    drop(roleARN, externalId, session) {
      const key = keyOf(roleARN, externalId);
      const found = known.peek(key);
      if (found !== undefined && 'session' in found && found.session === session) known.delete(key);
    },
  };
}

/** A refusal from the future was heard before the clock was set back. */
const isRecent = (ageMs: number) => ageMs >= 0 && ageMs < refusalMs;

// Neither an ARN nor an external id holds a space, so two pairs never share a key.
const keyOf = (roleARN: string, externalId: string) => `${roleARN} ${externalId}`;

async function assumeRole(sts: Pick<STSClient, 'send'>, roleARN: string, externalId: string): Promise<RoleSession> {
  const { Credentials: keys } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleARN,
      ExternalId: externalId,
      RoleSessionName: sessionNameOf(externalId),
      DurationSeconds: sessionSeconds,
    }),
  );
  if (!keys?.AccessKeyId || !keys.SecretAccessKey || !keys.SessionToken || !keys.Expiration)
    throw new Fault('lake-unavailable', 'assume-role answered without keys');
  return {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: keys.SessionToken,
    endsAt: keys.Expiration.getTime(),
  };
}

/**
 * What the customer's CloudTrail shows beside each of our calls: us, and the account with us.
 *
 * Source: STS API, AssumeRole: `[\w+=,.@-]{2,64}`.
 */
export function sessionNameOf(externalId: string): string {
  return `tributary-${externalId.replaceAll(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
}
