import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { normalise } from '@tributary/ocsf';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Activity, FeedRecord } from './feed-record.ts';
import { linesOf } from './node-fs.ts';
import { createRecording, emptySurvey, type RecordingOptions, surveyEvent } from './recording.ts';
import { securityEvents } from './security-events.ts';
import { sysmonEvents } from './sysmon-events.ts';

const options: RecordingOptions = { recording: 'test', run: 'r1', accounts: ['111111111111'] };
const sysmon = (id: number, fields: object) => ({
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  EventID: id,
  Hostname: 'HOST1.corp.local',
  UtcTime: '2023-09-06 04:51:51.442',
  ProcessGuid: '{ec2b781c-0528-64f8-8106-000000000500}',
  ProcessId: '3888',
  Image: 'C:\\Windows\\system32\\wermgr.exe',
  User: 'NT AUTHORITY\\SYSTEM',
  ...fields,
});
const security = (id: number, fields: object) => ({
  Channel: 'Security',
  EventID: id,
  Hostname: 'HOST1.corp.local',
  '@timestamp': '2020-09-14T12:06:03.910Z',
  SubjectUserName: 'pgustavo',
  SubjectDomainName: 'CORP',
  ...fields,
});

function outcome(event: object, line = 1, changes: Partial<RecordingOptions> = {}, survey = emptySurvey()) {
  return createRecording(survey, { ...options, ...changes })(JSON.stringify(event), line);
}
function activity(event: object): Activity {
  const found = outcome(event);
  if ('skipped' in found) throw new Error(found.skipped);
  return activityIn(found.record);
}
function activityIn(record: FeedRecord): Activity {
  if (!('activity' in record.payload)) throw new Error('bytes');
  return record.payload.activity;
}

/** What is wrong with an activity by the contract of the agents' fields, and why there is no OCSF row of it. */
function faultsOf(record: FeedRecord): string[] {
  const { eventClass } = record;
  const activity = activityIn(record);
  const row = normalise(eventClass, '1.1.0', coerceActivity(activity), { now: activity.eventTime });
  const noRow = row.outcome === 'ok' ? [] : [`${eventClass} ${activity.eventSubId}: ${JSON.stringify(row)}`];
  const fields = Object.entries(activity).flatMap(([name, value]) => fieldFaults(eventClass, name, value));
  return [...noRow, ...fields];
}

function fieldFaults(eventClass: EventClass, name: string, value: unknown): string[] {
  if (!Object.hasOwn(agentFields, name)) return [`${name} is no agent field`];
  const { type, classes } = agentFields[name as AgentFieldName];
  const fits = {
    string: typeof value === 'string',
    'long-id': typeof value === 'string' && /^-?[0-9]+$/.test(value),
    int: Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
    time: Number.isSafeInteger(value),
    size: Number.isSafeInteger(value),
    boolean: typeof value === 'boolean',
    strings: Array.isArray(value) && value.every((item) => typeof item === 'string'),
    booleans: Array.isArray(value) && value.every((item) => typeof item === 'boolean'),
  }[type];
  return [
    ...(fits ? [] : [`${name} is no ${type}: ${JSON.stringify(value)}`]),
    ...((classes as readonly string[]).includes(eventClass) ? [] : [`${name} is not of ${eventClass}`]),
  ];
}

describe('a Windows event as agent activity', () => {
  it('gives_a_started_process_with_its_parent_as_the_one_that_acted', () => {
    expect(
      activity(
        sysmon(1, {
          CommandLine: 'wermgr.exe -upload',
          ParentImage: 'C:\\Windows\\explorer.exe',
          ParentProcessId: '12',
          IntegrityLevel: 'High',
          Hashes: 'SHA1=FA9E,MD5=AD85,SHA256=73D8,IMPHASH=00',
        }),
      ),
    ).toMatchObject({
      eventId: 1,
      eventSubId: 2,
      eventTime: Date.UTC(2023, 8, 6, 4, 51, 51, 442),
      processPid: 12,
      processName: 'explorer.exe',
      objectPid: 3888,
      objectCmd: 'wermgr.exe -upload',
      objectUser: 'SYSTEM',
      objectUserDomain: 'NT AUTHORITY',
      objectFileHashSha1: 'fa9e',
      objectFileHashMd5: 'ad85',
      objectFileHashSha256: '73d8',
      objectIntegrityLevel: 12288,
    });
  });

  it.each([
    ['DWORD (0x00000001)', 4, '0x00000001'],
    ['QWORD (0x01d68a8f-0x68f75478)', 11, '0x01d68a8f68f75478'],
    ['Binary Data', 3, undefined],
    ['(Empty)', 1, ''],
    ['%SystemRoot%\\x.dll', 2, '%SystemRoot%\\x.dll'],
    ['100%', 1, '100%'],
  ])('splits_the_registry_value_%s_into_type_and_data', (details, type, data) => {
    const made = activity(sysmon(13, { TargetObject: '\\REGISTRY\\MACHINE\\System\\Key\\Value', Details: details }));
    expect(made.objectRegistryKeyHandle).toBe('HKLM\\System\\Key');
    expect(made.objectRegistryValue).toBe('Value');
    expect([made.objectRegType, made.objectRegistryData]).toEqual([type, data]);
  });

  it.each([
    ['CreateKey', 401, 'HKU\\.DEFAULT\\A\\B', undefined],
    ['DeleteKey', 403, 'HKU\\.DEFAULT\\A\\B', undefined],
    ['DeleteValue', 403, 'HKU\\.DEFAULT\\A', 'B'],
  ])('tells_key_and_value_of_%s_apart', (eventType, subId, key, value) => {
    const made = activity(sysmon(12, { EventType: eventType, TargetObject: 'HKU\\.DEFAULT\\A\\B' }));
    expect([made.eventSubId, made.objectRegistryKeyHandle, made.objectRegistryValue]).toEqual([subId, key, value]);
  });

  it('takes_the_addresses_out_of_a_dns_answer_and_leaves_them_out_of_an_empty_one', () => {
    const answer = 'type:  5 arc.msn.com.nsatc.net;::ffff:52.167.250.154;fe80::1;';
    expect(activity(sysmon(22, { QueryName: 'a.b', QueryResults: answer }))).toMatchObject({
      hostName: 'a.b',
      objectIps: ['52.167.250.154', 'fe80::1'],
    });
    expect(activity(sysmon(22, { QueryName: 'a.b', QueryResults: '-' }))).not.toHaveProperty('objectIps');
  });

  it('names_the_member_and_the_group_of_a_membership_and_the_sid_of_a_nameless_account', () => {
    expect(
      activity(security(4728, { MemberName: '-', MemberSid: 'S-1-5-21-1', TargetUserName: 'Admins' })),
    ).toMatchObject({
      eventId: 6,
      eventSubId: 504,
      objectUser: 'S-1-5-21-1',
      objectUserGroup: 'Admins',
      processUser: 'pgustavo',
    });
    expect(activity(security(4724, { TargetSid: 'S-1-5-21-2' })).objectUser).toBe('S-1-5-21-2');
  });

  it.each([
    [4720, 501],
    [4726, 502],
    [4648, 503],
    [4738, 504],
    [4624, 505],
    [4634, 506],
  ])('maps_security_event_%i_to_sub_id_%i', (id, subId) => {
    expect(activity(security(id, { TargetUserName: 'backdoor' }))).toMatchObject({ eventId: 6, eventSubId: subId });
  });

  it('reads_hex_process_ids_and_the_strongest_right_of_an_access', () => {
    const access = { ObjectName: '\\REGISTRY\\MACHINE\\SYSTEM', ProcessId: '0x7c4', ProcessName: 'C:\\a.exe' };
    expect(activity(security(4663, { ...access, ObjectType: 'Key', AccessMask: '0x10001' }))).toMatchObject({
      eventSubId: 403,
      processPid: 0x7c4,
      objectRegistryKeyHandle: 'HKLM\\SYSTEM',
    });
    expect(activity(security(4663, { ...access, ObjectType: 'File', AccessMask: '0x6' })).eventSubId).toBe(109);
  });

  it('names_what_it_skips_by_channel_and_id', () => {
    expect(outcome(security(5379, {}))).toEqual({ skipped: 'Security 5379: stored credentials read' });
    expect(outcome(security(4658, {}))).toEqual({ skipped: 'Security 4658: handle closed' });
    expect(outcome({ Channel: 'Application', EventID: '1008' })).toEqual({
      skipped: 'Application 1008: no agent reports it',
    });
    expect(createRecording(emptySurvey(), options)('{"half', 1)).toEqual({ skipped: 'not a JSON object' });
  });

  it('gives_the_same_uuid_to_the_same_line_of_the_same_run_only', () => {
    const uuid = (line: number, run: string) => {
      const found = outcome(sysmon(5, {}), line, { run });
      return 'record' in found ? found.record.uuid : undefined;
    };
    expect(uuid(1, 'a')).toBe(uuid(1, 'a'));
    expect(new Set([uuid(1, 'a'), uuid(2, 'a'), uuid(1, 'b')]).size).toBe(3);
  });

  it('gives_a_host_the_addresses_that_its_own_connections_have', () => {
    const survey = emptySurvey();
    const ends = {
      SourceIp: '10.0.0.1',
      DestinationIp: '10.0.0.2',
      SourcePort: '1',
      DestinationPort: '2',
      Protocol: 'tcp',
    };
    surveyEvent(survey, sysmon(3, { ...ends, Initiated: 'true' }));
    surveyEvent(survey, sysmon(3, { ...ends, Initiated: 'false', DestinationIp: '::ffff:10.0.0.3' }));
    surveyEvent(survey, sysmon(3, { ...ends, Initiated: 'false', DestinationIp: '224.0.0.252' }));
    const found = outcome(sysmon(5, {}), 1, {}, survey);
    expect('record' in found && activityIn(found.record).endpointIp).toEqual(['10.0.0.1', '10.0.0.3']);
    expect(survey.earliest).toBe(Date.UTC(2023, 8, 6, 4, 51, 51, 442));
  });

  it('gives_each_kind_of_event_that_it_maps_an_ocsf_row', () => {
    const path = 'C:\\a\\b.exe';
    const all = { TargetFilename: path, ImageLoaded: path, PipeName: '\\p', QueryName: 'a.b', Device: '\\Device\\1' };
    const ends = {
      SourceIp: '10.0.0.1',
      DestinationIp: '10.0.0.2',
      SourcePort: '1',
      DestinationPort: '2',
      Protocol: 'tcp',
    };
    const processes = {
      ParentProcessId: '3',
      ParentImage: path,
      SourceProcessId: '1',
      SourceImage: path,
      TargetProcessId: '2',
      TargetImage: path,
    };
    const registry = { EventType: 'CreateKey', TargetObject: 'HKLM\\A\\B', NewName: 'HKLM\\A\\C', Details: 'x' };
    const access = { ObjectName: path, ObjectType: 'File', AccessMask: '0x1', ProcessId: '0x1', ProcessName: path };
    const share = { ShareLocalPath: '\\??\\C:\\s', RelativeTargetName: 'f' };
    const flow = {
      SourceAddress: '10.0.0.1',
      SourcePort: '1',
      DestAddress: '10.0.0.2',
      DestPort: '2',
      Protocol: '6',
      Application: path,
    };
    const accounts = { TargetUserName: 'u', MemberName: 'm', NewProcessId: '0x2', NewProcessName: path };
    const events = [
      ...Object.keys(sysmonEvents).map((id) => sysmon(Number(id), { ...all, ...ends, ...processes, ...registry })),
      ...Object.keys(securityEvents).map((id) => security(Number(id), { ...access, ...share, ...flow, ...accounts })),
    ];
    const outcomes = events.map((event) => outcome(event));
    expect(outcomes.flatMap((found) => ('record' in found ? faultsOf(found.record) : []))).toEqual([]);
    expect(outcomes.filter((found) => 'record' in found).length).toBeGreaterThan(40);
  });

  it('keeps_a_host_in_its_account_and_deals_the_others_out', () => {
    const accounts = ['111111111111', '222222222222'];
    const accountOf = (line: number, accountOfHost = new Map<string, string>()) => {
      const found = outcome(sysmon(5, {}), line, { accounts, accountOfHost });
      return 'record' in found ? [found.record.account, found.record.key] : [];
    };
    expect(accountOf(2)[0]).toBe('111111111111');
    expect(accountOf(3)[0]).toBe('222222222222');
    expect(accountOf(2)[1]).not.toBe(accountOf(3)[1]);
    expect(accountOf(3, new Map([['HOST1.corp.local', '333333333333']]))[0]).toBe('333333333333');
  });
});

const folder = join(import.meta.dirname, '../../../../shared/data/windows-events');
const recordings = ['lsass-sharpdump.jsonl.gz', 'wmic-add-user-backdoor.jsonl.gz'];
const whenPresent = recordings.every((name) => existsSync(join(folder, name))) ? it : it.skip;

describe('the recordings of real attacks (skipped where ../shared/data is absent)', () => {
  whenPresent.each(recordings)(
    '%s_becomes_activity_of_all_six_classes_and_nothing_is_skipped_without_a_name',
    async (name) => {
      const read = createRecording(emptySurvey(), options);
      const counts = Object.fromEntries(eventClassNames.map((name) => [name, 0]));
      const skipped = new Map<string, number>();
      const uuids = new Set<string>();
      const faults = new Set<string>();
      let lines = 0;
      for await (const line of linesOf(join(folder, name))) {
        lines += 1;
        const found = read(line, lines);
        if ('skipped' in found) {
          skipped.set(found.skipped, (skipped.get(found.skipped) ?? 0) + 1);
          continue;
        }
        const { record } = found;
        counts[record.eventClass]! += 1;
        uuids.add(record.uuid);
        // Every tenth is enough to meet each kind, and keeps the test short.
        if (lines % 10 === 0) for (const fault of faultsOf(record)) faults.add(fault);
      }
      expect([...faults]).toEqual([]);
      for (const name of eventClassNames) expect([name, counts[name]! > 0]).toEqual([name, true]);
      const fed = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(uuids.size).toBe(fed);
      expect(fed + [...skipped.values()].reduce((sum, count) => sum + count, 0)).toBe(lines);
      for (const name of skipped.keys()) expect(name).toMatch(/^\S.* \d+: \S+/);
    },
    60_000,
  );
});
