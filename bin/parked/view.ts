import { faultContract } from '@tributary/schemas/faults.ts';
import { movedAfterMs, parkedForMs } from '@tributary/schemas/lake/parked-object.ts';
import { textTable } from '../text-table.ts';
import type { ParkedObject } from './parked.ts';

const number = (value: number): string => value.toLocaleString('en');
const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const head = ['registration', 'rows', 'bytes', 'parked', 'tries', 'fault', 'next try', 'given up', 'goes to', 'order'];

/** Parked objects as a table for a person, each with its key on a line of its own below. */
export function parkedTable(objects: readonly ParkedObject[]): string {
  const rows = objects.map(({ bytes, facts, note, order }) => {
    const to = note?.movedTo ?? facts.destination;
    return [
      `${facts.registration} (${facts.generation})`,
      ...[
        number(facts.rows),
        number(bytes),
        time(facts.parkedAt),
        String(note?.tries ?? 0),
        note?.fault ?? facts.fault,
      ],
      note === undefined || note.nextTry === 0 ? 'soon' : time(note.nextTry),
      ...[time(facts.parkedAt + parkedForMs), `s3://${to.bucketName}/${to.prefix}/`, order ?? ''],
    ];
  });
  const keys = objects.map(({ key }) => `  ${key}`);
  return [textTable([head, ...rows]), '', 'Their keys in our own bucket:', ...keys].join('\n');
}

/** Each fault once, with what it means. */
export function faultLegend(objects: readonly ParkedObject[]): string {
  const faults = new Set(objects.map(({ facts, note }) => note?.fault ?? facts.fault));
  return [...faults].map((fault) => `${fault}: ${faultContract(fault).sentence}`).join('\n');
}

/** What a person must know before objects go to the registration's newest bucket and prefix. */
export function duplicateWarning(objects: readonly ParkedObject[], now: number): string {
  const unknown = objects.filter(({ note }) => note?.certain !== true).length;
  const minutes = movedAfterMs / 60_000;
  const early = objects.filter(({ facts }) => now - facts.parkedAt < movedAfterMs).length;
  return (
    `Of ${number(objects.length)} objects, ${number(unknown)} may lie in their old bucket already, because nobody knows how a ` +
    `try ended, and ${number(early)} were parked less than ${minutes} minutes ago. At the newest destination their rows may be ` +
    'there A SECOND TIME.'
  );
}

/** What was ordered, and who does it. */
export function orderedText(count: number, what: string): string {
  return `Ordered for ${number(count)} objects: ${what}. The flusher that owns them does it within a minute.`;
}
