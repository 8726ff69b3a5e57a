import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { mappingTables } from './mapping/tables.ts';
import { eventTimeMin, normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

const dayMs = 86_400_000;
const now = sampleTime;

function sample(eventClass: EventClass, subId?: number): Record<string, unknown> {
  const all = sampleActivities(eventClass);
  return { ...all.find((raw) => subId === undefined || raw.eventSubId === subId)! };
}

function outcomeOf(eventClass: EventClass, raw: Record<string, unknown>, version: OcsfVersion = '1.1.0') {
  return normalise(eventClass, version, coerceActivity(raw), { now });
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads any column
function valuesOf(eventClass: EventClass, raw: Record<string, unknown>, version?: OcsfVersion): any {
  const outcome = outcomeOf(eventClass, raw, version);
  if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
  return outcome.value.values;
}

function without(raw: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !names.some((start) => name.startsWith(start))));
}

describe('refusals', () => {
  it.each([undefined, '1234', '0123456789012', 'x12345678901', '０１２３４５６７８９０１'])(
    'invalid_account: %s',
    (accountId) => {
      expect(outcomeOf('dns-activity', { ...sample('dns-activity'), accountId })).toMatchObject({
        fault: 'invalid-account',
      });
    },
  );

  it.each([undefined, 1, 'x'])('wrong_event_class: %s', (eventId) => {
    expect(outcomeOf('dns-activity', { ...sample('dns-activity'), eventId })).toMatchObject({
      outcome: 'reject',
      fault: 'wrong-event-class',
    });
  });

  it.each([undefined, 'soon', 0, -1, eventTimeMin - 1, now + dayMs + 1, 8.64e15 + 1, Number.NaN])(
    'invalid_event_time: %s',
    (eventTime) => {
      expect(outcomeOf('dns-activity', { ...sample('dns-activity'), eventTime })).toMatchObject({
        fault: 'invalid-event-time',
      });
    },
  );

  it.each([eventTimeMin, now + dayMs])('takes_the_first_and_the_last_time: %s', (eventTime) => {
    const outcome = outcomeOf('dns-activity', { ...sample('dns-activity'), eventTime });
    expect(outcome).toMatchObject({ outcome: 'ok', value: { time: eventTime, values: { time: eventTime } } });
  });

  it.each([
    ['registry-value-activity', 'objectRegistryKeyHandle', 'reg_value'],
    ['file-activity', 'object', 'file'],
    ['file-activity', 'endpoint', 'device'],
    ['account-change-audit', 'objectUser', 'user'],
    ['network-activity', 'dst', 'dst_endpoint'],
  ] as const)('missing_required_field: %s without %s', (eventClass, names, column) => {
    const raw = without(sample(eventClass), names, 'hostName', 'instanceId');
    expect(outcomeOf(eventClass, raw)).toEqual({
      outcome: 'reject',
      fault: 'missing-required-field',
      reason: `nothing gives ${column}`,
    });
  });

  it('missing_required_field: a created process that nothing identifies', () => {
    const raw = without(sample('process-activity', 2), 'objectPid', 'objectProcessHashId', 'objectHashId');
    expect(outcomeOf('process-activity', raw)).toMatchObject({ reason: 'nothing gives process' });
  });

  it('missing_required_field: nobody acted', () => {
    const raw = without(sample('file-activity'), 'process', 'parent', 'logonUser');
    expect(outcomeOf('file-activity', raw)).toMatchObject({ reason: 'nothing gives actor' });
  });
});

describe('activities', () => {
  const expected: Readonly<Record<number, readonly [number, string]>> = {
    1: [3, 'Open'],
    2: [1, 'Launch'],
    3: [2, 'Terminate'],
    5: [1, 'Launch'],
    7: [3, 'Open'],
    101: [1, 'Create'],
    102: [14, 'Open'],
    103: [4, 'Delete'],
    104: [7, 'Set Security'],
    106: [5, 'Rename'],
    108: [6, 'Set Attributes'],
    109: [3, 'Update'],
    110: [6, 'Set Attributes'],
    112: [6, 'Set Attributes'],
    113: [6, 'Set Attributes'],
    201: [1, 'Open'],
    203: [1, 'Open'],
    204: [1, 'Open'],
    301: [6, 'Traffic'],
    401: [2, 'Set'],
    402: [2, 'Set'],
    403: [4, 'Delete'],
    404: [3, 'Modify'],
    405: [1, 'Get'],
    406: [1, 'Get'],
    407: [1, 'Get'],
    501: [1, 'Create'],
    502: [6, 'Delete'],
  };
  const cases = eventClassNames.flatMap((eventClass) => {
    const ids = new Set(sampleActivities(eventClass).map((raw) => raw.eventSubId as number));
    return [...ids].map((subId) => [eventClass, subId] as const);
  });

  it('cover_every_sub_id_of_the_agents', () => {
    expect(cases.map(([, subId]) => subId).sort()).toEqual(Object.keys(eventSubIds).map(Number).sort());
  });

  it.each(cases)('%s: %s', (eventClass, subId) => {
    const values = valuesOf(eventClass, sample(eventClass, subId));
    const [id, name] = expected[subId] ?? [99, eventSubIds[subId]];
    expect(values).toMatchObject({ activity_id: id, activity_name: name, type_uid: values.class_uid * 100 + id });
    expect(values.type_name).toBe(`${values.class_name}: ${id === 99 ? 'Other' : name}`);
  });

  it('has_a_word_for_listen_from_1_3_0', () => {
    const raw = sample('network-activity', 202);
    expect(valuesOf('network-activity', raw, '1.1.0')).toMatchObject({
      activity_id: 99,
      activity_name: 'TELEMETRY_CONNECTION_LISTEN',
    });
    expect(valuesOf('network-activity', raw, '1.3.0')).toMatchObject({
      activity_id: 7,
      activity_name: 'Listen',
      type_uid: 400107,
    });
  });

  it('takes_unknown_and_missing_sub_ids', () => {
    const raw = sample('dns-activity');
    expect(valuesOf('dns-activity', { ...raw, eventSubId: 399 })).toMatchObject({
      activity_id: 99,
      activity_name: '399',
    });
    expect(valuesOf('dns-activity', { ...raw, eventSubId: '' })).toMatchObject({
      activity_id: 0,
      activity_name: 'Unknown',
    });
  });

  it('asks_or_asks_and_is_answered', () => {
    const { objectIps: _, ...raw } = sample('dns-activity');
    const values = valuesOf('dns-activity', raw);
    expect(values).toMatchObject({ activity_id: 1, activity_name: 'Query' });
    expect(values.answers).toBeUndefined();
  });
});

describe('repairs', () => {
  it('names_the_default_value_of_a_registry_key', () => {
    const raw = { ...sample('registry-value-activity'), objectRegistryValue: '' };
    expect(valuesOf('registry-value-activity', raw).reg_value.name).toBe('(Default)');
  });

  it('identifies_a_process_by_pid_or_by_uid', () => {
    const raw = sample('process-activity', 2);
    const { pid: _, ...byUid } = valuesOf('process-activity', raw).process;
    expect(valuesOf('process-activity', without(raw, 'objectPid')).process).toEqual(byUid);
  });

  it('takes_the_acting_process_where_it_acts_on_itself', () => {
    const raw = without(sample('process-activity', 3), 'objectPid', 'objectProcessHashId');
    const values = valuesOf('process-activity', raw);
    expect(values.process.pid).toBe(values.actor.process.pid);
    expect(values.process.file.name).toBe('cmd.exe');
    expect(values.unmapped.objectCmd).toBe('net user backdoor /add');
  });

  it('keeps_the_pid_of_a_process_that_becomes_another_image', () => {
    const raw = without(sample('process-activity', 5), 'objectPid', 'objectProcessHashId');
    expect(valuesOf('process-activity', raw).process).toMatchObject({ pid: 4312, file: { name: 'net.exe' } });
  });

  it('puts_a_loaded_image_into_module', () => {
    const values = valuesOf('process-activity', sample('process-activity', 4));
    expect(values.module.file.name).toBe('net.exe');
    expect(values.process.pid).toBe(4312);
    // An object in which nothing but constants would be is none.
    const bare = valuesOf('process-activity', without(sample('process-activity', 4), 'object'));
    expect(bare.module).toBeUndefined();
  });

  it('names_our_product_also_where_the_agent_does_not', () => {
    const raw = without(sample('process-activity', 2), 'productCode', 'pver');
    expect(valuesOf('process-activity', raw).metadata.product).toEqual({
      vendor_name: 'Trend Micro',
      name: 'Cloud One - Endpoint & Workload Security',
    });
  });

  it('fills_in_the_end_that_is_the_endpoint_itself', () => {
    const outbound = without(sample('network-activity', 204), 'src');
    expect(valuesOf('network-activity', outbound).src_endpoint).toMatchObject({ ip: '10.20.30.40', port: 50123 });
    const inbound = without(sample('network-activity', 203), 'dst', 'hostName');
    expect(valuesOf('network-activity', inbound).dst_endpoint).toEqual({ ip: '10.20.30.40', port: 443 });
    const listening = without(sample('network-activity', 202), 'dst', 'dpt');
    expect(valuesOf('network-activity', listening).dst_endpoint).toMatchObject({ ip: '10.20.30.40', port: 50123 });
    expect(valuesOf('dns-activity', sample('dns-activity')).src_endpoint.ip).toBe('10.20.30.40');
  });

  it('takes_the_only_user_logged_on_for_a_login', () => {
    const raw = without(sample('account-change-audit', 505), 'objectUser');
    expect(valuesOf('account-change-audit', raw).user).toEqual({ name: 'Administrator', domain: 'CORP' });
    expect(outcomeOf('account-change-audit', { ...raw, logonUser: ['a', 'b'] })).toMatchObject({ outcome: 'reject' });
  });
});

describe('columns', () => {
  const values = valuesOf('process-activity', sample('process-activity', 2));

  it('say_who_and_when', () => {
    expect(values).toMatchObject({
      time: sampleTime + 2,
      time_dt: sampleTime + 2,
      timezone_offset: -300,
      severity_id: 2,
      severity: 'Low',
    });
    expect(values.metadata).toMatchObject({
      version: '1.1.0',
      profiles: ['cloud', 'host', 'datetime'],
      event_code: '2',
      tenant_uid: '012345678901',
      logged_time: sampleTime + 1500,
      original_time: String(sampleTime + 2),
    });
  });

  it('say_on_which_device_and_in_which_cloud', () => {
    expect(values.device).toMatchObject({
      hostname: 'WIN-APP-07',
      ip: '10.20.30.40',
      mac: '0a:1b:2c:3d:4e:5f',
      type_id: 1,
      type: 'Server',
      os: { name: 'Windows', type_id: 100, type: 'Windows', build: '20348', cpu_bits: 64 },
    });
    expect(values.cloud).toEqual({
      provider: 'AWS',
      region: 'US East (N. Virginia)',
      account: { uid: '210987654321', type_id: 10, type: 'AWS Account' },
    });
  });

  it('say_which_process_with_its_parent_one_level_deep', () => {
    const { process } = values.actor;
    expect(process).toMatchObject({
      name: 'cmd.exe',
      uid: '-7291293652695135564',
      integrity_id: 5,
      integrity: 'System',
      user: { name: 'SYSTEM', domain: 'NT AUTHORITY', type_id: 3 },
      file: { name: 'cmd.exe', parent_folder: 'C:\\Windows\\System32', type_id: 1, size: 289792 },
      parent_process: { pid: 976, file: { hashes: [{ algorithm_id: 3, algorithm: 'SHA-256' }] } },
    });
    expect(process.file.owner).toMatchObject({ name: 'TrustedInstaller', domain: 'NT SERVICE', type_id: 3 });
    expect(process.parent_process.parent_process).toBeUndefined();
    // A launch time of 0 is not a time.
    expect(process.parent_process.created_time).toBeUndefined();
  });

  it('never_hold_an_object_of_nulls', () => {
    const raw = without(sample('process-activity', 2), 'parent', 'cloudProvider', 'awsAccountId', 'os');
    const bare = valuesOf('process-activity', raw);
    expect(bare.actor.process.parent_process).toBeUndefined();
    expect(bare.cloud).toBeUndefined();
    expect(bare.device.os).toBeUndefined();
    expect(bare.metadata.profiles).toEqual(['host', 'datetime']);
  });

  it('move_a_file_from_its_source_to_its_target', () => {
    const moved = valuesOf('file-activity', sample('file-activity', 106));
    expect([moved.file.name, moved.file_result.name]).toEqual(['draft.docx', 'report.docx']);
    const copied = valuesOf('file-activity', sample('file-activity', 105));
    expect([copied.file.name, copied.file_result, copied.unmapped.srcFilePath]).toEqual([
      'report.docx',
      undefined,
      'C:\\Users\\Public\\draft.docx',
    ]);
  });

  it('have_ext_from_1_3_0', () => {
    const raw = sample('file-activity', 101);
    expect(valuesOf('file-activity', raw, '1.1.0').file.ext).toBeUndefined();
    expect(valuesOf('file-activity', raw, '1.3.0').file.ext).toBe('docx');
    const marked = { ...raw, objectFilePath: 'C:\\Users\\ana\\setup.exe:Zone.Identifier' };
    expect(valuesOf('file-activity', marked, '1.3.0').file).toMatchObject({
      name: 'setup.exe:Zone.Identifier',
      ext: 'exe',
    });
  });

  it.each([
    [1, 10, 'REG_SZ'],
    [4, 2, 'REG_DWORD'],
    [11, 8, 'REG_QWORD'],
    [77, 99, '77'],
  ])('translate_the_registry_type %s', (objectRegType, type_id, type) => {
    const raw = { ...sample('registry-value-activity'), objectRegType };
    expect(valuesOf('registry-value-activity', raw).reg_value).toMatchObject({ type_id, type });
  });

  it.each([
    ['info', 1, 'Informational'],
    ['HIGH', 4, 'High'],
    [undefined, 1, 'Informational'],
    ['scary', 99, 'scary'],
  ])('translate_the_risk %s', (filterRiskLevel, severity_id, severity) => {
    expect(valuesOf('dns-activity', { ...sample('dns-activity'), filterRiskLevel })).toMatchObject({
      severity_id,
      severity,
    });
  });
});

describe('users', () => {
  const userOf = (processUser: string, processUserDomain?: string) => {
    const raw = { ...sample('file-activity'), processUser, processUserDomain };
    return valuesOf('file-activity', raw).actor.user;
  };

  it.each([
    ['CORP\\ana', undefined, { name: 'ana', domain: 'CORP' }],
    ['corp\\ana', 'CORP', { name: 'ana', domain: 'CORP' }],
    ['OTHER\\ana', 'CORP', { name: 'OTHER\\ana', domain: 'CORP' }],
    ['\\ana', undefined, { name: '\\ana' }],
    ['CORP\\', undefined, { name: 'CORP\\' }],
    ['SISTEMA', 'AUTORIDADE NT', { name: 'SISTEMA', domain: 'AUTORIDADE NT', type_id: 3, type: 'System' }],
    ['WIN-APP-07$', 'CORP', { name: 'WIN-APP-07$', domain: 'CORP', type_id: 3, type: 'System' }],
    ['root', undefined, { name: 'root', type_id: 2, type: 'Admin' }],
  ])('are_split_from_their_domain_and_known_by_their_names: %s, %s', (name, domain, expected) => {
    expect(userOf(name, domain)).toEqual(expected);
  });

  it('are_the_one_logged_on_where_the_process_has_none', () => {
    const bare = without(sample('file-activity'), 'processUser');
    const one = valuesOf('file-activity', { ...bare, logonUser: ['CORP\\ana'], userDomain: [] });
    expect(one.actor.user).toEqual({ name: 'ana', domain: 'CORP' });
    const two = valuesOf('file-activity', { ...bare, logonUser: ['ana', 'eva'], userDomain: ['CORP'] });
    expect(two.actor.user).toBeUndefined();
    expect(two.unmapped).toMatchObject({ logonUser: '["ana","eva"]', userDomain: '["CORP"]' });
  });
});

describe('the parent of the process acted on', () => {
  const parentOf = (raw: Record<string, unknown>) => valuesOf('process-activity', raw).process.parent_process;

  it('is_the_process_that_created_it', () => {
    expect(parentOf(sample('process-activity', 2))).toMatchObject({ pid: 4312, name: 'cmd.exe' });
  });

  it('is_the_parent_of_the_process_that_acts_on_itself_or_becomes_another_image', () => {
    const ends = without(sample('process-activity', 3), 'objectPid', 'objectProcessHashId');
    expect(parentOf(ends)).toMatchObject({ pid: 976, name: 'services.exe' });
    const becomes = without(sample('process-activity', 5), 'objectPid', 'objectProcessHashId');
    expect(parentOf(becomes)).toMatchObject({ pid: 976 });
  });

  it('is_left_out_where_it_is_not_certain', () => {
    expect(parentOf(sample('process-activity', 1))).toBeUndefined();
  });
});

describe('observables', () => {
  it('name_each_value_that_analysts_pivot_on_with_its_column', () => {
    const { observables } = valuesOf('dns-activity', sample('dns-activity'));
    expect(observables).toContainEqual({
      name: 'query.hostname',
      type_id: 1,
      type: 'Hostname',
      value: 'settings-win.data.microsoft.com',
    });
    expect(observables.filter(({ name }: { name: string }) => name === 'answers[].rdata')).toHaveLength(2);
    const key = valuesOf('registry-value-activity', sample('registry-value-activity')).observables.at(-1);
    expect(key).toMatchObject({ name: 'reg_value.path', type_id: 28, type: 'Registry Key' });
  });

  it.each(eventClassNames)('have_every_path_once: %s', (eventClass) => {
    const paths = mappingTables[eventClass].observables.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('the message', () => {
  it('is_a_sentence', () => {
    expect(valuesOf('process-activity', sample('process-activity', 2)).message).toBe(
      'cmd.exe (4312) launched net.exe (5120) on WIN-APP-07',
    );
    expect(valuesOf('file-activity', sample('file-activity', 106)).message).toBe(
      'cmd.exe (4312) moved C:\\Users\\Public\\draft.docx to C:\\Users\\Public\\report.docx on WIN-APP-07',
    );
  });

  it('reads_well_where_parts_are_missing', () => {
    const raw = without(sample('process-activity', 3), 'object', 'processName', 'processFilePath', 'endpointHostName');
    expect(valuesOf('process-activity', raw).message).toBe('A process (4312) ended itself (4312) on an unnamed host');
    const unknown = { ...sample('dns-activity'), eventSubId: 399, hostName: '' };
    expect(valuesOf('dns-activity', unknown).message).toBe('cmd.exe (4312) did activity 399 to a name on WIN-APP-07');
  });

  it('is_cut_as_every_text_is', () => {
    const raw = { ...sample('file-activity', 101), objectFilePath: `/${'x'.repeat(300_000)}` };
    const { message, unmapped } = valuesOf('file-activity', raw);
    expect(Buffer.byteLength(message)).toBe(262_144);
    expect(unmapped['tributary.truncated']).toMatch(/, message=\d+$/);
  });
});

describe('unmapped', () => {
  it('keeps_every_field_that_no_column_carries_by_its_own_name', () => {
    const { unmapped } = valuesOf('process-activity', sample('process-activity', 2));
    expect(unmapped).toMatchObject({
      processSigner: '["Microsoft Windows"]',
      processSignerValid: '[true]',
      objectRunAsLocalAccount: 'false',
      eventHashId: '-8406473586387535914',
      endpointMacAddress: '["0-0-0-0-0-0-0-e0"]',
      parentLaunchTime: '0',
    });
    for (const carried of ['processPid', 'processCmd', 'accountId', 'eventId', 'endpointIp']) {
      expect(unmapped).not.toHaveProperty(carried);
    }
  });

  it('keeps_values_that_no_column_takes', () => {
    const raw = {
      ...sample('network-activity', 204),
      spt: 70_000,
      dst: 'not-an-address',
      endpointIp: ['10.0.0.1', 'x'],
      awsAccountId: '12',
      processFileHashMd5: 'abc',
      processName: 'renamed.exe',
      brandNew: { a: 1 },
      proto: 2,
    };
    const { unmapped, dst_endpoint, connection_info } = valuesOf('network-activity', raw);
    expect(unmapped).toMatchObject({
      spt: '70000',
      dst: 'not-an-address',
      endpointIp: '["x"]',
      awsAccountId: '12',
      processFileHashMd5: 'abc',
      processName: 'renamed.exe',
      brandNew: '{"a":1}',
      proto: '2',
    });
    expect(dst_endpoint).toEqual({ hostname: 'example.com', port: 443 });
    expect(connection_info).toMatchObject({ protocol_num: 17, protocol_name: 'udp', direction_id: 2 });
  });

  it('says_which_column_was_cut', () => {
    const raw = { ...sample('process-activity', 2), objectCmd: '€'.repeat(100_000), processCmd: 'y'.repeat(262_145) };
    const cut = valuesOf('process-activity', raw);
    expect(Buffer.byteLength(cut.process.cmd_line)).toBe(262_143);
    expect(cut.unmapped['tributary.truncated']).toBe('actor.process.cmd_line=262145, process.cmd_line=300000');
  });
});
