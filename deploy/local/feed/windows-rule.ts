import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { baseName, hashId, hashOf, numberOf, splitUser, textOf, timeOf, type WindowsEvent } from './windows-values.ts';

/** A value of an agent's field; which type a field has stands in its contract, and a test holds the tables to it. */
export type ActivityValue = string | number | boolean | readonly string[] | readonly boolean[];

/** Where one field of an activity comes from. */
export type Source = (event: WindowsEvent) => ActivityValue | undefined;

/** The fields of an activity and where each comes from. */
export type Sources = { readonly [Name in AgentFieldName]?: Source };

/**
 * What one kind of Windows event becomes: an activity of a class (`subId` answers undefined where this one event has no
 * equivalent), or nothing, with the reason that the counts show.
 */
export type WindowsRule = ActivityRule | { readonly skip: string };

/** The rule of a kind of event that becomes activity. */
export interface ActivityRule {
  readonly eventClass: EventClass;
  readonly subId: number | ((event: WindowsEvent) => number | undefined);
  readonly fields: Sources;
  /** Why an event is skipped for which `subId` answers undefined. */
  readonly otherwise?: string;
}

/** The text of a field as it is. */
export const text =
  (name: string): Source =>
  (event) =>
    textOf(event, name);

/** A decimal or hex number. */
export const number =
  (name: string): Source =>
  (event) =>
    numberOf(event, name);

/** A time in ms since the epoch. */
export const time =
  (name: string): Source =>
  (event) =>
    timeOf(event, name);

/** A text with something done to it. */
export const textVia =
  (name: string, change: (value: string) => ActivityValue | undefined): Source =>
  (event) => {
    const value = textOf(event, name);
    return value === undefined ? undefined : change(value);
  };

/** A value that is the same for every event of its kind. */
export const always =
  (value: ActivityValue): Source =>
  () =>
    value;

/** The fields `<prefix>FileHashMd5`, `…Sha1` and `…Sha256` out of Sysmon's list of hashes. */
export const hashes = (prefix: string, name: string): Sources => ({
  [`${prefix}FileHashMd5`]: (event: WindowsEvent) => hashOf(event, name, 'MD5'),
  [`${prefix}FileHashSha1`]: (event: WindowsEvent) => hashOf(event, name, 'SHA1'),
  [`${prefix}FileHashSha256`]: (event: WindowsEvent) => hashOf(event, name, 'SHA256'),
});

/** The fields `<prefix>User` and `<prefix>UserDomain` out of `DOMAIN\user`. */
export const user = (prefix: string, name: string): Sources => ({
  [`${prefix}User`]: textVia(name, (value) => splitUser(value).name),
  [`${prefix}UserDomain`]: textVia(name, (value) => splitUser(value).domain),
});

/** The fields that say which process: id, a hash of Sysmon's guid, path and name. */
export const processNamed = (
  prefix: string,
  names: { readonly pid: string; readonly guid?: string; readonly image: string },
): Sources => ({
  [`${prefix}Pid`]: number(names.pid),
  [prefix === 'object' ? 'objectProcessHashId' : `${prefix}HashId`]: textVia(names.guid ?? '', hashId),
  [`${prefix}FilePath`]: text(names.image),
  [`${prefix}Name`]: textVia(names.image, baseName),
});

/** The agents' numbers of protocols: TELEMETRY_CONNECTION_TCP is 1 on the wire, TELEMETRY_CONNECTION_UDP follows it. */
const protocols: Readonly<Record<string, number>> = { tcp: 1, udp: 2, '6': 1, '17': 2 };

/** The agents' number of a protocol that Windows calls by name (Sysmon) or by IANA's number (the Security log). */
export const protocol = (name: string): Source => textVia(name, (value) => protocols[value]);

/** The RIDs of Windows' mandatory labels (winnt.h, SECURITY_MANDATORY_LOW_RID and following). */
const integrityLevels: Readonly<Record<string, number>> = {
  Untrusted: 0,
  Low: 4096,
  AppContainer: 4096,
  Medium: 8192,
  High: 12288,
  System: 16384,
};

/** The integrity level's RID out of Sysmon's word or of the SID `S-1-16-<rid>`. */
export const integrityLevel = (name: string): Source =>
  textVia(name, (value) => (value.startsWith('S-1-16-') ? Number(value.slice(7)) : integrityLevels[value]));
