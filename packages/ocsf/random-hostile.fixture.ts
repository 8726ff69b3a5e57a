/** Values that no agent should send, and some will: drawn with dice, in the form that parsed JSON has. */
import { type AgentFieldName, type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Dice } from './random-dice.fixture.ts';
import { sampleTime } from './samples.fixture.ts';

/** 100-ns ticks since 1601: how Windows counts. Beyond 2^53. */
const filetime = '134396424000000000';

/** Lists in lists, deeper than a stack. */
const bottomless: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);

const anywhere: readonly unknown[] = [
  '',
  null,
  'NaN',
  'undefined',
  'null',
  true,
  false,
  -1,
  0,
  '-0',
  0.5,
  1e300,
  '1e400',
  9_223_372_036_854_775_000,
  [],
  {},
  [null],
  [''],
  [[]],
  ['a', ['b'], { c: 1 }],
  { nested: { deep: [1, 'x', null] } },
  { toString: 'x', valueOf: 1, length: 3 },
  ' ',
  '/',
  '\\',
  'a\\',
  'CORP\\',
  '\\ana',
  '\ud800',
  'tail \udfff!',
  '\u0000',
  'nul\u0000inside',
  '\u202egnp.exe',
  '\ufeff',
  '𝒳',
  '\u{10ffff}',
  '__proto__',
  '{"json":true}',
  "'; DROP TABLE events; --",
];

const byType: Readonly<Record<AgentFieldType, readonly unknown[]>> = {
  string: [
    0,
    -1,
    12.5,
    true,
    ['only'],
    ['one', 'two'],
    '::1%eth0',
    '[2001:db8::1]',
    '300.1.1.1',
    '1.2.3.4:80',
    'g'.repeat(64),
  ],
  int: [
    70_000,
    65_536,
    -1,
    '-1',
    2_147_483_647,
    2_147_483_648,
    4_294_967_295,
    '0x10',
    '12',
    ' 7 ',
    '1.5',
    1.5,
    '7.0',
    '1e2',
    ['7'],
  ],
  'long-id': [
    '-9223372036854775808',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    Number('-7291293652695135564'),
    2 ** 53,
    9_007_199_254_740_991,
    12,
    '0x12',
    '+5',
    '1.0',
    '000',
  ],
  time: [
    Math.trunc(sampleTime / 1000),
    String(Math.trunc(sampleTime / 1000)),
    sampleTime / 1000,
    sampleTime * 1000,
    filetime,
    Number(filetime),
    0,
    '0',
    -1,
    '-62135596800000',
    '2026-11-20T10:00:00Z',
    'Fri, 20 Nov 2026',
    253_402_300_799_999,
    253_402_300_800_000,
    8.64e15 + 1,
    '9223372036854775807',
    '1.7e12',
    [sampleTime],
  ],
  size: [-1, '-1', '18446744073709551615', '9007199254740993', 9_007_199_254_740_991, 1.5, '12 KB', '1e3'],
  boolean: ['yes', 2, 'TRUE', 'False', '', 'on', [true], -1],
  strings: [
    'alone',
    7,
    ['0-0-0-0-0-0-0-e0', '00:11:22:33:44:55:66:77', '001122334455'],
    ['fe80::1%eth0', '10.0.0.1/8', '0x7f.1', '01.02.03.04', '::ffff:1.2.3.4'],
    ['a', 1, true, null, ''],
    ['a', { b: 1 }],
    ['\ud800', '\u0000'],
    [[], {}],
    { 0: 'a' },
  ],
  booleans: [true, 'yes', [2], ['true', 0], [null, true], [{}]],
};

/** Names of fields that we don't know, also such as JavaScript and we ourselves have a meaning for. */
const strangeNames = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'unmapped',
  'tributary.truncated',
  'metadata.uid',
  'brandNewField',
  'Event Id',
  'é\u0301',
  '\ud800',
  '\u0000',
  'k'.repeat(300),
];

/** How often a hostile text is large: one in so many is 300 KB, and one in so many 5 MB. */
const largeOneIn = 4_000;
const hugeOneIn = 40_000;

/** A value that the field should not have. */
export function hostile(dice: Dice, name: AgentFieldName): unknown {
  const { type } = agentFields[name];
  if (type === 'string' || type === 'strings') {
    const text = largeText(dice);
    if (text !== undefined) return type === 'string' ? text : ['small', text];
  }
  if (dice.chance(0.02)) return bottomless;
  return dice.chance(50) ? dice.one(byType[type]) : dice.one(anywhere);
}

function largeText(dice: Dice): string | undefined {
  const thrown = dice.between(1, hugeOneIn);
  const letter = dice.one(['x', '€', '𝒳', '\ud800']);
  if (thrown === 1) return letter.repeat(5_000_000 / Buffer.byteLength(letter));
  return thrown <= hugeOneIn / largeOneIn ? letter.repeat(300_000 / Buffer.byteLength(letter)) : undefined;
}

/** A field that we don't know, with any value. */
export function strangeField(dice: Dice): readonly [name: string, value: unknown] {
  const name = dice.chance(70) ? dice.one(strangeNames) : `field${dice.between(0, 99)}`;
  return [name, dice.chance(50) ? `text ${dice.between(0, 99)}` : dice.one(anywhere)];
}
