import { describe, expect, it } from '@jest/globals';
import { handoffHeaders } from './handoff.ts';
import { handoffMessageOf, handoffSectionsOf } from './handoff-sections.ts';

const section = (ocsfVersion: '1.1.0' | '1.3.0', text: string) => ({
  ocsfVersion,
  schemaFingerprint: ocsfVersion === '1.1.0' ? 'a1' : 'b3',
  bytes: Buffer.from(text),
});

describe('the sections of a hand-off message', () => {
  it.each([
    ['one', [section('1.3.0', 'x,:')]],
    ['several', [section('1.1.0', 'first'), section('1.3.0', 'the second')]],
  ])('come_out_as_they_went_in: %s', (_, sections) => {
    const { headers, value } = handoffMessageOf(sections);
    const read = handoffSectionsOf(headers, value);
    expect(read.map((one) => ({ ...one, bytes: Buffer.from(one.bytes) }))).toEqual(sections);
  });

  it('are_written_as_they_always_were_where_there_is_only_one', () => {
    expect(handoffMessageOf([section('1.3.0', 'x')]).headers).toEqual({
      'ocsf-version': '1.3.0',
      'schema-fingerprint': 'b3',
    });
  });

  it('are_never_taken_for_one_by_a_flusher_that_knows_only_the_fingerprint', () => {
    const { headers } = handoffMessageOf([section('1.1.0', 'x'), section('1.3.0', 'y')]);
    expect(headers).not.toHaveProperty(handoffHeaders.schemaFingerprint);
  });

  it.each([
    ['no header', {}, 'xy'],
    ['both forms at once', { sections: '1.1.0:a1:2', 'schema-fingerprint': 'a1', 'ocsf-version': '1.1.0' }, 'xy'],
    ['bytes left over', { sections: '1.1.0:a1:1' }, 'xy'],
    ['bytes missing', { sections: '1.1.0:a1:1,1.3.0:b3:2' }, 'xy'],
    ['an empty section', { sections: '1.1.0:a1:2,1.3.0:b3:0' }, 'xy'],
    ['a version twice', { sections: '1.1.0:a1:1,1.1.0:a1:1' }, 'xy'],
    ['something else', { sections: 'a,b' }, 'xy'],
  ])('are_refused_with_%s', (_, headers, value) => {
    expect(() => handoffSectionsOf(headers as Record<string, string>, Buffer.from(value))).toThrow();
  });
});
