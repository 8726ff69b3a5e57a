import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import { v5 as uuidV5 } from 'uuid';
import { type Activity, type ActivityFields, type FeedRecord, jsonOf, recordOf } from './feed-record.ts';
import { simulate } from './simulate.ts';

/** Where hard cases are made from: the same options always give the same records. */
export interface HardCaseOptions {
  readonly account: string;
  /** Salt of the uuids. */
  readonly run: string;
  readonly seed: number;
}

const dayMs = 86_400_000;
/** Namespace of the uuids of made-up records (RFC 9562, version 5), drawn once. */
const namespace = '5e2b9f04-6d1a-4b3c-9c77-1f0e8a2d4c96';

function hostOf(options: HardCaseOptions) {
  return { accounts: [options.account], hostsPerAccount: 3, run: options.run, seed: options.seed };
}

/**
 * `count` events of one account, evenly from a minute before to a minute after the UTC midnight with which the day of
 * `dayStartMs` begins: they belong to two event days.
 */
export function acrossMidnight(options: HardCaseOptions, dayStartMs: number, count: number): FeedRecord[] {
  const midnight = Math.floor(dayStartMs / dayMs) * dayMs;
  const stepMs = 120_000 / count;
  return [...simulate({ ...hostOf(options), startMs: midnight - 60_000, count, stepMs })];
}

/** Sizes around which long strings matter: 16 KiB, the limit of 256 KiB, and one byte more. */
export const longStringBytes = [16_384, 262_144, 262_145] as const;

/** Text of exactly `bytes` bytes with letters of two and three bytes in it, so that a cut may fall into one. */
export function longText(start: string, bytes: number): string {
  const pattern = 'abcdefghé€ ';
  const patternBytes = Buffer.byteLength(pattern);
  const left = bytes - Buffer.byteLength(start);
  return `${start}${pattern.repeat(Math.floor(left / patternBytes))}${'x'.repeat(left % patternBytes)}`;
}

const longFields: readonly (readonly [eventClass: EventClass, field: keyof ActivityFields, start: string])[] = [
  ['process-activity', 'objectCmd', 'powershell.exe -EncodedCommand '],
  ['file-activity', 'objectFilePath', 'C:\\deep\\'],
  ['registry-value-activity', 'objectRegistryData', 'value:'],
];

/** A command line, a path and a registry value of each length: all sound, all to be delivered. */
export function longStrings(options: HardCaseOptions, atMs: number): FeedRecord[] {
  return longFields.flatMap(([eventClass, field, start]) =>
    longStringBytes.map((bytes) => {
      const activity = activityOf(options, eventClass, atMs, `long/${field}/${bytes}`);
      return recordOf(eventClass, { ...activity, [field]: longText(start, bytes) });
    }),
  );
}

/** The first simulated activity of a class, with a uuid of its own. */
function activityOf(options: HardCaseOptions, eventClass: EventClass, atMs: number, name: string): Activity {
  for (const record of simulate({ ...hostOf(options), startMs: atMs, count: 10_000, stepMs: 0 })) {
    if (record.eventClass !== eventClass || !('activity' in record.payload)) continue;
    return { ...record.payload.activity, uuid: uuidV5(`${options.run}/${name}`, namespace) };
  }
  throw new Error(`no simulated ${eventClass} in 10,000 events`);
}

/** Confluent wire format: a zero byte, the schema's id in four bytes, the Avro body. */
function wireFormat(schemaId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, body]);
}

/**
 * Records that must be rejected, one for each way in which a producer can be wrong, each with the fault it must be
 * given. `schemaId` is the id of the class's own schema, for bytes that name it and do not fit it.
 */
export function poison(
  options: HardCaseOptions,
  eventClass: EventClass,
  atMs: number,
  schemaId: number | undefined,
): FeedRecord[] {
  const sound = (name: string) => activityOf(options, eventClass, atMs, `poison/${eventClass}/${name}`);
  const broken = (fault: FaultCode, name: string, change: (activity: Activity) => Buffer, time = atMs): FeedRecord => {
    const activity = sound(name);
    const account = name === 'no account' ? {} : { account: options.account };
    const bytes = change(activity);
    return {
      eventClass,
      uuid: activity.uuid,
      ...account,
      time,
      key: activity.endpointGuid,
      fate: 'rejected',
      fault,
      payload: { bytes },
    };
  };
  const withFields = (changes: ActivityFields) => (activity: Activity) => jsonOf({ ...activity, ...changes });
  const otherEventId = eventClass === 'dns-activity' ? 1 : 4;
  const nextWeek = atMs + 8 * dayMs;
  return [
    broken('empty-value', 'empty', () => Buffer.alloc(0)),
    broken('not-an-activity', 'text', () => Buffer.from('hello')),
    broken('unknown-schema-id', 'unknown schema', () => wireFormat(0x7fff_fff0, Buffer.from([2, 2]))),
    ...(schemaId === undefined
      ? []
      : [broken('undecodable-avro', 'bad avro', () => wireFormat(schemaId, Buffer.alloc(40, 0xff)))]),
    broken('undecodable-json', 'half json', (activity) => jsonOf(activity).subarray(0, 200)),
    broken('invalid-account', 'no account', ({ accountId: _, ...activity }) => jsonOf(activity)),
    broken('invalid-account', 'short account', withFields({ accountId: '12345' })),
    broken('wrong-event-class', 'wrong class', withFields({ eventId: otherEventId })),
    broken('invalid-event-time', 'time 0', withFields({ eventTime: 0 }), 0),
    broken('invalid-event-time', 'next week', withFields({ eventTime: nextWeek }), nextWeek),
  ];
}
