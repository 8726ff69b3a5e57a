import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '../event-classes.ts';
import { activitySchema, coerceActivity, coerceField, fieldsOf } from './activity.ts';
import { agentFields, eventSubIds } from './activity-fields.ts';

describe('activitySchema', () => {
  it.each(eventClassNames)('requires_five_fields_and_lets_all_others_be_left_out: %s', (eventClass) => {
    const { fields, namespace, name } = activitySchema(eventClass);
    expect(`${namespace}.${name}`).toMatch(/^tributary\.agent\.[A-Z][A-Za-z]+$/);
    const required = fields.filter((field) => !Array.isArray(field.type)).map((field) => field.name);
    expect(required).toEqual(['accountId', 'uuid', 'eventId', 'eventSubId', 'eventTime']);
    for (const field of fields) {
      expect(field.doc).not.toBe('');
      if (Array.isArray(field.type)) expect(field).toMatchObject({ type: ['null', expect.anything()], default: null });
    }
  });

  it('writes_times_sizes_and_hash_ids_as_long', () => {
    const types = Object.fromEntries(activitySchema('process-activity').fields.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      eventTime: 'long',
      processFileSize: ['null', 'long'],
      processHashId: ['null', 'long'],
      processPid: ['null', 'int'],
      endpointIp: ['null', { type: 'array', items: 'string' }],
      simulation: ['null', 'boolean'],
    });
  });

  it('has_only_the_fields_of_the_class', () => {
    expect(fieldsOf('dns-activity')).toContain('hostName');
    expect(fieldsOf('dns-activity')).not.toContain('objectFilePath');
  });
});

describe('coerceActivity', () => {
  it('takes_numbers_as_text_number_or_bigint', () => {
    for (const eventTime of [
      1_741_046_784_337,
      '1741046784337',
      1_741_046_784_337n,
      '1.741046784337E12',
      1741046784337.9,
    ]) {
      expect(coerceActivity({ eventTime })).toEqual({ eventTime: 1_741_046_784_337, unmapped: {} });
    }
    expect(coerceActivity({ eventId: '1', processPid: 4n })).toEqual({ eventId: 1, processPid: 4, unmapped: {} });
  });

  it('keeps_hash_ids_exact', () => {
    for (const processHashId of ['-7291293652695135564', -7291293652695135564n]) {
      expect(coerceActivity({ processHashId }).processHashId).toBe('-7291293652695135564');
    }
    expect(coerceActivity({ processHashId: 42 }).processHashId).toBe('42');
    // Beyond 2^53 a number has lost digits already: it identifies nothing.
    expect(coerceActivity({ processHashId: 2 ** 60 })).toEqual({ unmapped: { processHashId: '1152921504606847000' } });
    expect(coerceActivity({ processHashId: '99999999999999999999' })).toEqual({
      unmapped: { processHashId: '99999999999999999999' },
    });
  });

  it('keeps_a_number_that_lost_digits_before_it_was_read_out_of_texts', () => {
    expect(coerceActivity({ groupId: 12_345, osVer: 14.5 })).toEqual({ groupId: '12345', osVer: '14.5', unmapped: {} });
    expect(coerceActivity({ groupId: 2 ** 60 })).toEqual({ unmapped: { groupId: '1152921504606847000' } });
    expect(coerceActivity({ tags: [1, 2 ** 60] })).toEqual({ unmapped: { tags: '[1,1152921504606847000]' } });
  });

  it('takes_one_value_for_a_list_and_1_and_0_for_booleans', () => {
    expect(coerceActivity({ endpointIp: '10.0.0.1', processSignerValid: [1, '0', true], simulation: 0 })).toEqual({
      endpointIp: ['10.0.0.1'],
      processSignerValid: [true, false, true],
      simulation: false,
      unmapped: {},
    });
  });

  it('takes_empty_values_as_absent', () => {
    expect(
      coerceActivity({ cloudProvider: '', osName: null, uuid: undefined, endpointIp: [], tags: ['', null] }),
    ).toEqual({ unmapped: {} });
    expect(coerceActivity({ endpointIp: ['', '10.0.0.1', null] }).endpointIp).toEqual(['10.0.0.1']);
  });

  it('keeps_what_does_not_fit_and_what_it_does_not_know', () => {
    expect(
      coerceActivity({
        processPid: 4_294_967_296,
        spt: '80x',
        processUser: { name: 'x' },
        endpointIp: ['10.0.0.1', { ip: 'x' }],
        eventTime: 'yesterday',
        newField: [1, 2n],
        unmapped: 'mine',
      }),
    ).toEqual({
      unmapped: {
        processPid: '4294967296',
        spt: '80x',
        processUser: '{"name":"x"}',
        endpointIp: '["10.0.0.1",{"ip":"x"}]',
        eventTime: 'yesterday',
        newField: '[1,"2"]',
        unmapped: 'mine',
      },
    });
  });

  it.each([
    ['seconds', '1795168800', 1_795_168_800_000],
    ['seconds as a number', 1_795_168_800, 1_795_168_800_000],
    ['seconds with spaces', ' 1795168800 ', 1_795_168_800_000],
    ['seconds as a float', '1.7951688E9', 1_795_168_800_000],
    ['microseconds', '1795168800123456', 1_795_168_800_123],
    ['nanoseconds', '1795168800123456789', 1_795_168_800_123],
    ['nanoseconds as a bigint', 1_795_168_800_123_456_789n, 1_795_168_800_123],
    ['FILETIME', '134396424001230000', 1_795_168_800_123],
    ['FILETIME as a number', 134_396_424_000_000_000, 1_795_168_800_000],
  ])('puts_a_time_in_%s_right_and_keeps_what_was_sent', (_, eventTime, ms) => {
    expect(coerceActivity({ eventTime })).toEqual({
      eventTime: ms,
      unmapped: { 'tributary.original.eventTime': String(eventTime) },
    });
  });

  it('does_not_guess_at_the_times_of_files', () => {
    const objectFileCreation = '1795168800';
    expect(coerceActivity({ objectFileCreation })).toEqual({ unmapped: { objectFileCreation } });
    // Of Windows' own unit there is no other reading.
    expect(coerceActivity({ objectFileCreation: '134396424000000000' }).objectFileCreation).toBe(1_795_168_800_000);
  });

  it.each([0, 1, -1, 946_684_799, 4_102_444_801, 86_400_000, 946_684_800_000, 253_402_300_799_999])(
    'takes_a_time_in_ms_as_it_is: %s',
    (eventTime) => {
      expect(coerceActivity({ eventTime })).toEqual({ eventTime, unmapped: {} });
      expect(coerceActivity({ eventTime: String(eventTime) })).toEqual({ eventTime, unmapped: {} });
    },
  );

  it('is_what_coerceField_says_of_each_field', () => {
    expect(coerceField('processPid', '4')).toEqual({ is: 'fitting', value: 4 });
    expect(coerceField('processPid', '4x')).toEqual({ is: 'misfit', text: '4x' });
    expect(coerceField('nobody', 4)).toEqual({ is: 'misfit', text: '4' });
    expect(coerceField('tags', ['', null])).toEqual({ is: 'absent' });
    expect(coerceField('eventTime', '1795168800')).toEqual({
      is: 'fitting',
      value: 1_795_168_800_000,
      original: '1795168800',
    });
  });

  it('keeps_a_field_called_like_a_prototype', () => {
    const { unmapped } = coerceActivity(JSON.parse('{"__proto__":"x","constructor":"y","toString":1}'));
    expect(Object.entries(unmapped)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', '1'],
    ]);
  });

  it('never_throws_at_an_object_that_pretends_to_be_text_or_at_lists_without_end', () => {
    const disguised = { toString: 'x', valueOf: 1 };
    expect(coerceActivity({ simulation: disguised, processSignerValid: [disguised] })).toEqual({
      unmapped: {
        simulation: '{"toString":"x","valueOf":1}',
        processSignerValid: '[{"toString":"x","valueOf":1}]',
      },
    });
    const nested = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    for (const name of ['tags', 'simulation', 'eventTime', 'processUser', 'nobody'])
      expect(Object.keys(coerceActivity({ [name]: nested }).unmapped)).toEqual([name]);
  });

  it('makes_broken_surrogates_whole', () => {
    expect(coerceActivity({ processUser: 'a\ud800b', x: '\udc00' })).toEqual({
      processUser: 'a�b',
      unmapped: { x: '�' },
    });
  });
});

const published = new URL('../../../shared/data/telemetry/endpoint-activity-fields.json', import.meta.url);
const suite = existsSync(published) ? describe : describe.skip;
if (!existsSync(published))
  console.warn('skipped: the published field list is not beside the repository (../shared/data)');

/** Fields of event ids that have no topic (app, memory and script events). */
const elsewhere = ['objectAppName', 'objectRawDataStr', 'objectRawDataSize', 'objectContentName', 'objectBmData'];

suite('the published field list', () => {
  const list = () => JSON.parse(readFileSync(published, 'utf8'));

  it('has_no_field_that_we_do_not_know', () => {
    const names: string[] = list().fields.map(({ name }: { name: string }) => name);
    expect(names.filter((name) => !Object.hasOwn(agentFields, name)).sort()).toEqual([...elsewhere].sort());
  });

  it('names_the_sub_ids_as_we_do', () => {
    expect(list().eventSubId).toEqual(eventSubIds);
  });
});
