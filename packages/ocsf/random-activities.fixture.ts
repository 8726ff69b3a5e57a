/** Random activities of all classes and systems, with hostile values among them, and what must become of each. */
import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import { fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields, eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import { createDice, type Dice } from './random-dice.fixture.ts';
import { believable, type System, timeOf } from './random-fields.fixture.ts';
import { hostile, strangeField } from './random-hostile.fixture.ts';
import { sampleTime } from './samples.fixture.ts';

/** One activity as parsed JSON, and the fate it was made for: no mapping was asked. */
export interface RandomActivity {
  readonly eventClass: EventClass;
  readonly system: System;
  readonly raw: Readonly<Record<string, unknown>>;
  /** `ok`, the fault, or `unsure`: hostile values may have taken away what OCSF requires, so it is a row or `missing-required-field`. */
  readonly expected: 'ok' | FaultCode | 'unsure';
}

/** The clock at which the expectations hold, ms since the epoch. */
export const randomNow = sampleTime;

const systems = ['windows', 'linux', 'macos'] as const;

/** `count` activities; the same for the same seed, one after the other, none kept. */
export function* randomActivities(seed: number, count: number): Generator<RandomActivity> {
  for (let index = 0; index < count; index++) {
    // Dice of its own for each activity: any one can be made again alone.
    yield randomActivity(seed, index);
  }
}

/** Number `index` of the activities that `randomActivities` makes from `seed`. */
export function randomActivity(seed: number, index: number): RandomActivity {
  const dice = createDice(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b));
  for (let warm = 0; warm < 3; warm++) dice.between(0, 1);
  const eventClass = dice.one(eventClassNames);
  const system = dice.one(systems);
  const raw = activity(dice, eventClass, system);
  const kind = dice.between(1, 100);
  if (kind > 40) makeHostile(dice, eventClass, raw);
  if (kind > 85) return { eventClass, system, raw, expected: 'unsure' };
  anchor(dice, eventClass, system, raw);
  const expected = kind > 10 ? 'ok' : plantFault(dice, eventClass, raw);
  return { eventClass, system, raw, expected };
}

type Raw = Record<string, unknown>;

function activity(dice: Dice, eventClass: EventClass, system: System): Raw {
  const raw: Raw = {};
  const fill = dice.one([30, 75, 100]);
  for (const name of fieldsOf(eventClass)) {
    if (dice.chance(fill)) raw[name] = believable(dice, system, name);
  }
  if (dice.chance(97)) raw.uuid = believable(dice, system, 'uuid');
  const time = timeOf(dice);
  raw.accountId = dice.one(['012345678901', '111122223333', '999999999999']);
  raw.eventId = dice.chance(80) ? eventClasses[eventClass].agentEventId : String(eventClasses[eventClass].agentEventId);
  raw.eventTime = dice.chance(95) ? dice.one([time, String(time), `${time}.0`, time + 0.25]) : inOtherUnit(dice, time);
  set(raw, 'eventSubId', subIdOf(dice, eventClass));
  return raw;
}

/** The time in a unit that leaves no doubt: seconds, µs, ns, or Windows' FILETIME (100 ns since 1601). */
function inOtherUnit(dice: Dice, time: number): unknown {
  const ticks = (BigInt(time) + 11_644_473_600_000n) * 10_000n;
  const seconds = Math.trunc(time / 1000);
  return dice.one([seconds, String(seconds), time * 1000, `${time}456`, `${time}456789`, String(ticks), Number(ticks)]);
}

/** Those of the class, by the hundreds that the agents number them in. */
function subIdsOf(eventClass: EventClass): readonly number[] {
  const hundred = eventClasses[eventClass].agentEventId - 1;
  return Object.keys(eventSubIds)
    .map(Number)
    .filter((id) => Math.trunc(id / 100) === hundred);
}
const subIds = new Map(eventClassNames.map((eventClass) => [eventClass, subIdsOf(eventClass)]));
const allSubIds = Object.keys(eventSubIds).map(Number);
const strangeSubIds = [
  undefined,
  '',
  null,
  0,
  -1,
  99,
  199,
  299,
  399,
  499,
  599,
  2_147_483_647,
  'abc',
  1.5,
  [],
  {},
  true,
];

function subIdOf(dice: Dice, eventClass: EventClass): unknown {
  const thrown = dice.between(1, 100);
  if (thrown <= 85) return dice.one(subIds.get(eventClass)!);
  return thrown <= 92 ? dice.one(allSubIds) : dice.one(strangeSubIds);
}

const kept = new Set<string>(['accountId', 'eventId', 'eventTime', 'eventSubId']);
const names = new Map(
  eventClassNames.map((eventClass) => [eventClass, fieldsOf(eventClass).filter((n) => !kept.has(n))]),
);
const allNames = (Object.keys(agentFields) as AgentFieldName[]).filter((name) => !kept.has(name));

function makeHostile(dice: Dice, eventClass: EventClass, raw: Raw): void {
  for (let left = dice.one([1, 2, 4, 12]); left > 0; left--) {
    // Now and then a field of another class.
    const name = dice.one(dice.chance(90) ? names.get(eventClass)! : allNames);
    raw[name] = hostile(dice, name);
  }
  if (dice.chance(30)) {
    const [name, value] = strangeField(dice);
    // As JSON.parse does it: `__proto__` is a name like any other.
    Object.defineProperty(raw, name, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** Gives an activity what OCSF requires of its class, whatever else is wrong with it. */
function anchor(dice: Dice, eventClass: EventClass, system: System, raw: Raw): void {
  const own = believableAnchors[eventClass];
  for (const name of ['endpointHostName', 'processPid', ...own] as const) raw[name] = believable(dice, system, name);
  if (eventClass === 'dns-activity' || eventClass === 'network-activity') raw.endpointIp = ['10.20.30.40'];
}

const believableAnchors: Readonly<Record<EventClass, readonly AgentFieldName[]>> = {
  'file-activity': ['objectFilePath'],
  'process-activity': ['objectPid'],
  'network-activity': ['src', 'dst'],
  'registry-value-activity': ['objectRegistryKeyHandle'],
  'dns-activity': ['hostName'],
  'account-change-audit': ['objectUser'],
};

/** Values that are no time of an event: other units, other forms, and far away. */
export const badEventTimes: readonly unknown[] = [
  undefined,
  null,
  '',
  'soon',
  'NaN',
  '2026-11-20T10:00:00Z',
  0,
  '0',
  -1,
  true,
  [],
  [sampleTime],
  {},
  946_684_799_999,
  sampleTime + 86_400_001,
  String(Math.trunc(sampleTime / 1000) + 200_000),
  8_640_000_000,
  '9223372036854775807',
  8.64e15 + 1,
];
const badAccounts = [
  undefined,
  null,
  '',
  '1234',
  '0123456789012',
  'x12345678901',
  ' 12345678901',
  '０１２３４５６７８９０１',
  12_345_678_901,
  {},
  [],
];

/** Spoils an anchored activity in one way that must be found, and says which. */
function plantFault(dice: Dice, eventClass: EventClass, raw: Raw): FaultCode {
  const faults = ['invalid-account', 'wrong-event-class', 'invalid-event-time'] as const;
  const required = requirements[eventClass];
  const planted = dice.one(required.length === 0 ? faults : ([...faults, 'missing-required-field'] as const));
  if (planted === 'invalid-account') set(raw, 'accountId', dice.one(badAccounts));
  else if (planted === 'wrong-event-class') {
    const other = (eventClasses[eventClass].agentEventId % 6) + 1;
    set(raw, 'eventId', dice.one([undefined, null, '', 0, -1, 7, other, String(other), 'x', 1.5, [], {}]));
  } else if (planted === 'invalid-event-time') set(raw, 'eventTime', dice.one(badEventTimes));
  else takeAway(raw, dice.one(required));
  return planted;
}

function set(raw: Raw, name: string, value: unknown): void {
  if (value === undefined) delete raw[name];
  else raw[name] = value;
}

/** What a class can't do without: the fields that could give it, by how their names begin; and the sub id with which nothing else could. */
interface Requirement {
  readonly fields: RegExp;
  readonly subId?: number;
}
const someDevice = { fields: /^(endpoint|instanceId|hostName)/ };
const someActor = { fields: /^(process|parent|logonUser|userDomain)/ };
const requirements: Readonly<Record<EventClass, readonly Requirement[]>> = {
  'file-activity': [someDevice, someActor, { fields: /^(object|src)/ }],
  'process-activity': [someDevice, someActor, { fields: /^object(Pid|ProcessHashId|HashId)/, subId: 2 }],
  'network-activity': [{ fields: /^(dst|dpt|hostName|objectIps)/, subId: 201 }],
  'registry-value-activity': [someDevice, someActor, { fields: /^objectRegistryKeyHandle/ }],
  // From 1.3.0 on OCSF requires nothing of a DNS event that could be missing.
  'dns-activity': [],
  'account-change-audit': [{ fields: /^(object|logonUser|userDomain)/ }],
};

function takeAway(raw: Raw, { fields, subId }: Requirement): void {
  for (const name of Object.keys(raw)) if (fields.test(name)) delete raw[name];
  if (subId !== undefined) raw.eventSubId = subId;
}
