import { createHash } from 'node:crypto';
import { eventClasses } from '@tributary/schemas/event-classes.ts';
import { v5 as uuidV5 } from 'uuid';
import { type Activity, type ActivityFields, type FeedRecord, recordOf } from './feed-record.ts';
import { securityChannel, securityEvents } from './security-events.ts';
import { sysmonChannel, sysmonEvents } from './sysmon-events.ts';
import type { ActivityRule, Source, Sources, WindowsRule } from './windows-rule.ts';
import { plainIp, textOf, timeOf, type WindowsEvent } from './windows-values.ts';

/** Our own namespace for UUIDs of version 5 (RFC 9562), drawn once. */
const namespace = '0d3f5c1e-7a54-4c7e-9b0a-6a1d2f8e4b57';

/** What a recording says as a whole, before any of it is turned into activity. */
export interface RecordingSurvey {
  /** Host name → its own addresses. */
  readonly hosts: Map<string, Set<string>>;
  /** Time of the earliest event, ms since the epoch; infinite while there is none. */
  earliest: number;
}

/** A survey of nothing yet. */
export function emptySurvey(): RecordingSurvey {
  return { hosts: new Map(), earliest: Number.POSITIVE_INFINITY };
}

/** How a recording is turned into activity. */
export interface RecordingOptions {
  /** Names the recording in the uuids; a file's name without its folder. */
  readonly recording: string;
  /** Salt of the uuids: another run of the same recording gives other events. */
  readonly run: string;
  /** The accounts, at least one. Lines are dealt out to them in turn. */
  readonly accounts: readonly string[];
  /** Hosts that belong to one account: host name → account. */
  readonly accountOfHost?: ReadonlyMap<string, string>;
  /** Added to every time, ms: a recording of years ago can be played as of today. */
  readonly shiftMs?: number;
}

/** What became of one line: a record to feed, or the reason why there is none. */
export type LineOutcome = { readonly record: FeedRecord } | { readonly skipped: string };

/** The rule that fits an event, or the name under which it is skipped: channel, id and what it tells. */
function ruleOf(
  event: WindowsEvent,
): { readonly rule: ActivityRule; readonly subId: number } | { readonly skipped: string } {
  const channel = textOf(event, 'Channel') ?? 'no channel';
  const id = textOf(event, 'EventID') ?? 'no id';
  const name = `${channel} ${id}`;
  let reason = 'no agent reports it';
  for (const rule of rulesOf(channel, Number(id))) {
    if ('skip' in rule) return { skipped: `${name}: ${rule.skip}` };
    const subId = typeof rule.subId === 'number' ? rule.subId : rule.subId(event);
    if (subId !== undefined) return { rule, subId };
    reason = rule.otherwise ?? reason;
  }
  return { skipped: `${name}: ${reason}` };
}

function rulesOf(channel: string, id: number): readonly WindowsRule[] {
  if (channel === sysmonChannel) return sysmonEvents[id] ? [sysmonEvents[id]] : [];
  return channel.toLowerCase() === securityChannel.toLowerCase() ? (securityEvents[id] ?? []) : [];
}

function fieldsOf(event: WindowsEvent, sources: Sources): ActivityFields {
  const fields: Record<string, ReturnType<Source>> = {};
  for (const [name, source] of Object.entries(sources)) {
    const value = source(event);
    if (value !== undefined) fields[name] = value;
  }
  return fields as ActivityFields;
}

/** One line of a recording as an object, or undefined when it is none. */
export function eventOfLine(line: string): WindowsEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null && !Array.isArray(event) ? (event as WindowsEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** Adds what `event` says: when it was, its host, and the host's address where it opened or took a connection. */
export function surveyEvent(survey: RecordingSurvey, event: WindowsEvent): void {
  survey.earliest = Math.min(survey.earliest, eventTimeOf(event) ?? Number.POSITIVE_INFINITY);
  const host = textOf(event, 'Hostname');
  if (host === undefined) return;
  const addresses = survey.hosts.get(host) ?? new Set<string>();
  survey.hosts.set(host, addresses);
  if (textOf(event, 'Channel') !== sysmonChannel || textOf(event, 'EventID') !== '3') return;
  const own = textOf(event, textOf(event, 'Initiated') === 'true' ? 'SourceIp' : 'DestinationIp');
  if (own !== undefined && !/^(224|239|255)\.|^ff/i.test(own)) addresses.add(plainIp(own));
}

/** Sysmon's own time, else when the log was written. */
function eventTimeOf(event: WindowsEvent): number | undefined {
  return timeOf(event, 'UtcTime') ?? timeOf(event, '@timestamp') ?? timeOf(event, 'TimeCreated');
}

/** An id of the endpoint that follows from account and host, so that every run names it alike. */
export function endpointGuidOf(account: string, host: string): string {
  return uuidV5(`endpoint/${account}/${host.toLowerCase()}`, namespace);
}

function macOf(guid: string): string {
  const hex = createHash('sha256').update(guid).digest('hex');
  // The second-lowest bit of the first byte marks an address that nobody was assigned (IEEE 802).
  return ['02', ...[0, 2, 4, 6, 8].map((at) => hex.slice(at, at + 2))].join(':');
}

function hostFields(
  host: string,
  guid: string,
  survey: RecordingSurvey,
): ActivityFields & { readonly endpointGuid: string } {
  const addresses = [...(survey.hosts.get(host) ?? [])].sort();
  const domain = host.split('.')[1];
  return {
    endpointGuid: guid,
    endpointHostName: host,
    ...(addresses.length > 0 ? { endpointIp: addresses } : {}),
    endpointMacAddress: [macOf(guid)],
    osName: 'Windows',
    osVer: '10.0.19044',
    osType: '0x00000030',
    osDescription: 'Windows 10 Enterprise (64 bit) build 19044',
    timezone: 'UTC+00:00',
    ...(domain === undefined ? {} : { userDomain: [domain.toUpperCase()] }),
    productCode: 'sds',
    pname: '2200',
    pver: '1.2.0.5960',
    eventSourceType: 1,
  };
}

/**
 * Answers the function that turns one line of a recording into agent activity, or names why not. The same line, number,
 * survey and options always give the same event. Times are Sysmon's UtcTime, else when the log was written.
 */
export function createRecording(
  survey: RecordingSurvey,
  options: RecordingOptions,
): (line: string, lineNumber: number) => LineOutcome {
  const hosts = new Map<string, ActivityFields & { readonly endpointGuid: string }>();
  const hostOf = (account: string, host: string) => {
    const key = `${account}/${host}`;
    const known = hosts.get(key) ?? hostFields(host, endpointGuidOf(account, host), survey);
    hosts.set(key, known);
    return known;
  };
  return (line, lineNumber) => {
    const event = eventOfLine(line);
    if (event === undefined) return { skipped: 'not a JSON object' };
    const found = ruleOf(event);
    if ('skipped' in found) return found;
    const host = textOf(event, 'Hostname');
    const time = eventTimeOf(event);
    if (host === undefined || time === undefined) return { skipped: 'an event without host or time' };
    const account = options.accountOfHost?.get(host) ?? options.accounts[lineNumber % options.accounts.length]!;
    const eventTime = time + (options.shiftMs ?? 0);
    const activity: Activity = {
      ...hostOf(account, host),
      ...fieldsOf(event, found.rule.fields),
      uuid: uuidV5(`${options.run}/${options.recording}/${lineNumber}`, namespace),
      accountId: account,
      eventId: eventClasses[found.rule.eventClass].agentEventId,
      eventSubId: found.subId,
      eventTime,
      logReceivedTime: eventTime,
    };
    return { record: recordOf(found.rule.eventClass, activity) };
  };
}
