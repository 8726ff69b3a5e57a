import { basename } from 'node:path';
import { walkParquet } from '@tributary/lake/parquet-walk.ts';
import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import { eventDayOf } from '@tributary/schemas/lake/object-key.ts';
import { attributeOf, classFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { CanonicalRow } from './readers/canonical.ts';

const mebibyte = 1_048_576;
const keyShape =
  /^(?<prefix>.+)\/region=(?<region>[^/]+)\/accountId=(?<account>[^/]+)\/eventDay=(?<day>\d{8})\/(?<name>[0-9a-f]{32}\.parquet)$/;

/** What the rows of an object must be, by whom it was fed for. */
export interface ExpectedObject {
  readonly eventClass: EventClass;
  readonly region: string;
  /** The customer's account with us. */
  readonly account: string;
  /** AWS account of the record with that uuid, where its workload runs in AWS. */
  readonly awsAccountOf: (uuid: string) => string | undefined;
}

/**
 * Everything that an object breaks of what Security Lake asks of a custom source (AWS, "Collecting data from custom
 * sources") and of what OCSF requires, a sentence each.
 */
export function brokenRules(
  key: string,
  bytes: Uint8Array,
  rows: readonly CanonicalRow[],
  expected: ExpectedObject,
): string[] {
  return [
    ...brokenFileRules(bytes),
    ...brokenKeyRules(key, rows, expected),
    ...brokenRowRules(rows, expected.eventClass),
  ].map((sentence) => `${basename(key)}: ${sentence}`);
}

function brokenFileRules(bytes: Uint8Array): string[] {
  const { codecs, pages, rowGroups } = walkParquet(bytes);
  const largest = Math.max(...pages.map((page) => page.uncompressedBytes));
  return [
    ...(codecs.some((codec) => codec !== 'ZSTD') ? [`is compressed by ${codecs.join(', ')}`] : []),
    ...(largest > mebibyte ? [`has a page of ${largest} bytes`] : []),
    ...rowGroups
      .filter((group) => group.compressedBytes > 256 * mebibyte)
      .map((group) => `has a row group of ${group.compressedBytes} bytes`),
  ];
}

function brokenKeyRules(
  key: string,
  rows: readonly CanonicalRow[],
  { region, account, awsAccountOf }: ExpectedObject,
): string[] {
  const parts = keyShape.exec(key)?.groups;
  if (parts === undefined) return [`has the key ${key}`];
  const accountOf = (row: CanonicalRow) => awsAccountOf(uuidOf(row)) ?? `external_${account}`;
  return [
    ...(parts.region === region ? [] : [`lies in region ${parts.region}`]),
    ...rows
      .filter((row) => accountOf(row) !== parts.account)
      .map((row) => `has ${uuidOf(row)} of account ${accountOf(row)} under ${parts.account}`),
    ...rows
      .filter((row) => eventDayOf(Number(row.time)) !== parts.day)
      .map((row) => `has ${uuidOf(row)} of ${eventDayOf(Number(row.time))} under ${parts.day}`),
  ];
}

function brokenRowRules(rows: readonly CanonicalRow[], eventClass: EventClass): string[] {
  const facts = classFacts(eventClass, '1.1.0');
  const required = Object.keys(facts.attributes).filter((name) => attributeOf(facts, name).requirement === 'required');
  const { classUid } = eventClasses[eventClass];
  const unsorted = rows.findIndex((row, at) => at > 0 && Number(row.time) < Number(rows[at - 1]!.time));
  return [
    ...(rows.length === 0 ? ['has no rows'] : []),
    ...(unsorted > 0 ? [`row ${unsorted} is earlier than the one before it`] : []),
    ...rows.filter((row) => row.class_uid !== classUid).map((row) => `has ${uuidOf(row)} of class ${row.class_uid}`),
    ...rows.flatMap((row) =>
      required.filter((name) => row[name] === undefined).map((name) => `${uuidOf(row)} has no ${name}`),
    ),
  ];
}

/** The unique id of an event. */
export function uuidOf(row: CanonicalRow): string {
  return String((row.metadata as CanonicalRow).uid);
}
