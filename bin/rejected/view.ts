import { parseJsonObject } from '@tributary/consumer/json-object.ts';
import { type FaultCode, faultContract, faults } from '@tributary/schemas/faults.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';
import type { RejectedEntry } from './entries.ts';
import type { Requeue } from './requeue.ts';

const number = (value: number): string => value.toLocaleString('en');
const reasonLengthMax = 60;
const hexBytesMax = 4_096;

/** An entry of the list, without its bytes. */
export interface ListedEntry extends Omit<RejectedEntry, 'value' | 'headers' | 'key'> {
  /** It was requeued and rejected once more. */
  readonly failedAgain: boolean;
}

/** Rejected events as a table. */
export function entriesTable(entries: readonly ListedEntry[], requeued: Pick<ReadonlySet<string>, 'has'>): string {
  const head = ['event', 'rejected at', 'fault', 'account', 'bytes', 'requeued', 'reason'];
  const rows = entries.map(({ event, at, fault, account, size, reason, failedAgain }) => [
    ...[event, new Date(at).toISOString(), fault, account ?? '–', number(size)],
    ...[requeued.has(event) ? 'yes' : failedAgain ? 'failed again' : '', printable(reason.slice(0, reasonLengthMax))],
  ]);
  return textTable([head, ...rows]);
}

/** How many were rejected for each fault, and what a person does about it. */
export function faultsTable(counts: ReadonlyMap<string, { readonly all: number; readonly requeued: number }>): string {
  const head = ['fault', 'events', 'requeued', 'what it is'];
  const rows = [...counts]
    .toSorted(([, one], [, other]) => other.all - one.all)
    .map(([fault, { all, requeued }]) => [fault, number(all), number(requeued), sentenceOf(fault)]);
  return textTable([head, ...rows]);
}

const sentenceOf = (fault: string): string =>
  Object.hasOwn(faults, fault) ? faultContract(fault as FaultCode).sentence : 'a fault of another release';

/** One rejected event, whole: its headers, and its bytes as JSON where they are, else in hexadecimal. */
export function entryText(entry: RejectedEntry, requeued: boolean): string {
  const { event, at, fault, headers, value, size } = entry;
  const lines = Object.entries(headers).map(([name, bytes]) => `  ${name}: ${printable(bytes.toString())}`);
  return [
    `${event}, rejected at ${new Date(at).toISOString()}${requeued ? ', and requeued since' : ''}`,
    sentenceOf(fault),
    '',
    'HEADERS',
    ...lines,
    '',
    `VALUE (${number(size)} bytes)`,
    value === null ? '  (not kept here)' : valueText(value),
  ].join('\n');
}

function valueText(value: Buffer): string {
  const parsed = value.length <= 1_048_576 ? parseJsonObject(value) : undefined;
  if (parsed?.outcome === 'ok') return printable(JSON.stringify(parsed.value, bigintAsText, 2), '\n');
  const isAvro = value[0] === 0 && value.length >= 5;
  return [...(isAvro ? [`  Avro of schema id ${value.readInt32BE(1)}`] : []), hexText(value)].join('\n');
}

const bigintAsText = (_: string, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner);

/** 16 bytes a line, with the text that they are; the beginning of what is long. */
export function hexText(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, hexBytesMax); at += 16) {
    const own = bytes.subarray(at, Math.min(at + 16, hexBytesMax));
    const hex = own.toString('hex').replace(/../g, '$& ').trimEnd().padEnd(47);
    const text = own.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.');
    lines.push(`  ${at.toString(16).padStart(6, '0')}  ${hex}  ${text}`);
  }
  if (bytes.length > hexBytesMax)
    lines.push(`  … ${number(bytes.length - hexBytesMax)} more: see all of it with --raw`);
  return lines.join('\n');
}

/** What became of a requeue. */
export function requeueText({ sent, before, failedAgain, tooLarge, unfit }: Requeue, dryRun: boolean): string {
  const lines = [`${number(sent)} events ${dryRun ? 'would be' : 'were'} produced to their agent topics again.`];
  if (before > 0)
    lines.push(`${number(before)} were requeued before and are left alone; --again sends them once more.`);
  if (failedAgain > 0)
    lines.push(`${number(failedAgain)} failed again after a requeue and are left alone; --again sends them once more.`);
  if (tooLarge.length > 0)
    lines.push(`${number(tooLarge.length)} can’t be sent, Kafka takes no record so large: ${tooLarge.join(', ')}.`);
  for (const [why, count] of unfit) lines.push(`${number(count)} can’t be sent: ${why}.`);
  return lines.join('\n');
}
