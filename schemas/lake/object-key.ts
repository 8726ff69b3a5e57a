import { createHash } from 'node:crypto';
import type { AwsRegion } from '../regions.ts';
import type { RegistrationId } from '../registration.ts';

/** Everything that makes an object what it is. The same rows always give the same identity, other rows never do. */
export interface ObjectIdentity {
  readonly handoffTopic: string;
  /** Random value drawn when the hand-off partition had no committed offset; a recreated topic starts new names. */
  readonly incarnation: string;
  readonly partition: number;
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly schemaFingerprint: string;
  readonly objectAccount: string;
  /** UTC day of the events, `YYYYMMDD`. */
  readonly eventDay: string;
  /** Hand-off offset of its own first row, in hand-off order. */
  readonly firstOffset: number;
  /** Hand-off offset of its own last row, in hand-off order. */
  readonly lastOffset: number;
  /** Which part of the cut's rows of this registration, schema, account and day: 0, 1, … */
  readonly part: number;
}

/** The object's name: the first 32 hex digits of the SHA-256 over its identity, and `.parquet`. */
export function objectName(identity: ObjectIdentity): string {
  const text = JSON.stringify([
    identity.handoffTopic,
    identity.incarnation,
    identity.partition,
    identity.registration,
    identity.generation,
    identity.schemaFingerprint,
    identity.objectAccount,
    identity.eventDay,
    identity.firstOffset,
    identity.lastOffset,
    identity.part,
  ]);
  return `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.parquet`;
}

/**
 * The key of an object in a custom source's location.
 *
 * Source: AWS, "Collecting data from custom sources": `<prefix>/region=…/accountId=…/eventDay=YYYYMMDD/`, the day being
 * the UTC day of the records.
 */
export function objectKey(
  prefix: string,
  region: AwsRegion,
  objectAccount: string,
  eventDay: string,
  name: string,
): string {
  return `${prefix}/region=${region}/accountId=${objectAccount}/eventDay=${eventDay}/${name}`;
}

/** The value of `accountId=`: the record's AWS account where it has one (12 digits), else `external_<account with us>`. */
export function objectAccount(account: string, awsAccountId: string | undefined): string {
  return awsAccountId !== undefined && /^[0-9]{12}$/.test(awsAccountId) ? awsAccountId : `external_${account}`;
}

/** The UTC day of an event time in ms since the epoch, as `YYYYMMDD`. */
export function eventDayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10).replaceAll('-', '');
}
