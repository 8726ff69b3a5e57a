import { describe, expect, it } from '@jest/globals';
import { sampleActivities, sampleTime } from '@tributary/ocsf/samples.fixture.ts';
import { explainFile } from './explain.ts';

const dns = sampleActivities('dns-activity')[0]!;
const options = { ocsfVersion: '1.1.0' } as const;

/** What the command prints for a file with this text. */
function run(text: string | Buffer, more: Partial<Parameters<typeof explainFile>[1]> = {}, width = 200) {
  const [printed, complaints]: [string[], string[]] = [[], []];
  const rejected = explainFile(
    'FILE',
    { ...options, ...more },
    {
      read: () => Buffer.from(text),
      print: (line) => printed.push(line),
      complain: (line) => complaints.push(line),
      width,
      now: sampleTime,
    },
  );
  return { printed: printed.join('\n'), complaints: complaints.join('\n'), rejected };
}

describe('tributary explain', () => {
  it('shows_the_event_beside_its_record_where_the_terminal_is_wide_enough', () => {
    const { printed } = run(JSON.stringify(dns));
    expect(printed).toMatch(/^── dns-activity in OCSF 1\.1\.0 ─+\nEVENT +│ OCSF RECORD\n/);
    expect(printed).toMatch(/\n +│ query\n +│ {3}hostname: /);
    expect(
      Math.max(
        ...printed
          .split('WHERE')[0]!
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(200);
    const narrow = run(JSON.stringify(dns), {}, 80).printed;
    expect(narrow).not.toContain('│');
    expect(narrow).toMatch(/\nEVENT\naccountId: "012345678901"\n[\s\S]*\n\nOCSF RECORD\nactivity_id: 6\n/);
  });

  it('says_where_each_field_went_and_why_it_has_no_column', () => {
    const { printed } = run(JSON.stringify({ ...dns, extra: 1 }));
    expect(printed).toContain('\nhostName → query.hostname');
    expect(printed).toContain('\nextra → unmapped (not a field that we know)');
    expect(printed).toMatch(/\npname → unmapped \(an older name/);
  });

  it('says_why_an_event_is_rejected_and_what_to_do', () => {
    const { printed, rejected } = run(JSON.stringify({ ...dns, accountId: '1' }));
    expect(printed).toContain('REJECTED  invalid-account: accountId is missing or not 12 digits\n');
    expect(printed).toContain('Set it to the customer’s account id.');
    expect(rejected).toBe(1);
  });

  it('takes_one_event_on_each_line_and_prints_records_alone', () => {
    const bad = { ...dns, eventTime: 1 };
    const { printed, complaints, rejected } = run(`${[dns, bad, dns].map((one) => JSON.stringify(one)).join('\n')}\n`, {
      json: true,
      ocsfVersion: '1.3.0',
    });
    const records = printed.split('\n').map((line) => JSON.parse(line));
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ metadata: { version: '1.3.0' }, time_dt: expect.stringMatching(/Z$/) });
    expect(complaints).toMatch(/^event 2 of 3: rejected, invalid-event-time: /);
    expect(rejected).toBe(1);
  });

  it('takes_the_class_from_eventId_unless_it_is_named', () => {
    expect(run(JSON.stringify({ ...dns, eventId: '4' })).printed).toContain('── dns-activity');
    expect(run(JSON.stringify(dns), { class: 'file-activity' }).printed).toContain('REJECTED  wrong-event-class');
    expect(() => run(JSON.stringify({ ...dns, eventId: 9 }))).toThrow(
      /eventId is 9\. Known are 2 file-activity,.*--class/,
    );
    expect(() => run('{}')).toThrow(/has no eventId/);
  });

  it('keeps_64_bit_numbers_whole', () => {
    const text = JSON.stringify(dns).replace(
      '"eventHashId":"-8406473586387535914"',
      '"eventHashId":-8406473586387535914',
    );
    expect(text).toContain(':-8406473586387535914');
    expect(JSON.parse(run(text, { json: true }).printed).unmapped.eventHashId).toBe('-8406473586387535914');
  });

  it.each([
    ['', /The file is empty/],
    [Buffer.from([0, 0, 0, 0, 1, 2]), /begins like Avro\. Decode it first/],
    [Buffer.from([0x1f, 0x8b, 8, 0]), /packed \(gzip\)/],
    ['[{"eventId":4}]', /holds a list/],
    ['{"eventId":4}\n{"eventId":\n', /^Line 2 is not a JSON object/],
    ['{\n  "eventId": 4,\n}', /^The file is not a JSON object/],
    ['hello', /^Line 1 is not a JSON object/],
  ])('says_what_is_wrong_with_a_file: %j', (text, message) => {
    expect(() => run(text)).toThrow(message);
  });

  it('lets_no_event_play_tricks_on_the_terminal', () => {
    const { printed } = run(JSON.stringify({ ...dns, hostName: 'a\u001b[2Jb\u202ec\u009bd', 'na\u001bme': '\ud800' }));
    expect(printed).toContain('a\\u001b[2Jb\\u202ec\\u009bd');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
