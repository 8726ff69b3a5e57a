import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import encodeCut from '@tributary/flusher/encode-worker.ts';
import { handoffRows } from '@tributary/flusher/handoff-rows.ts';
import { Marks } from '@tributary/flusher/marks.ts';
import { decodeHandoffState, encodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type ObjectIdentity, objectName } from '@tributary/schemas/lake/object-key.ts';
import { rowsByHyparquet } from '../tools/readers/hyparquet.ts';

const recordings = join(import.meta.dirname, 'recordings');
const forms = ['rows', 'shared-objects'] as const;
const messageOf = (form: (typeof forms)[number], eventClass: EventClass) =>
  new Uint8Array(gunzipSync(readFileSync(join(recordings, form, `${eventClass}.arrow.gz`))));
const read = <T>(name: string) => JSON.parse(readFileSync(join(recordings, name), 'utf8')) as T;

const inLake = read<Record<EventClass, { rows: number; sha256: string }>>('lake.json');
const everyForm = forms.flatMap((form) => eventClassNames.map((eventClass) => [form, eventClass] as const));

/** What a lake gets of these rows, read by somebody else's reader. */
async function deliveredOf(messages: readonly Uint8Array[], message: number[], row: number[]) {
  const [object] = await encodeCut({
    messages,
    objects: [{ message: Uint32Array.from(message), row: Uint32Array.from(row) }],
  });
  const rows = await rowsByHyparquet(object!.bytes);
  return { rows: rows.length, sha256: createHash('sha256').update(JSON.stringify(rows)).digest('hex') };
}

describe('a hand-off message of an earlier release', () => {
  it.each(everyForm)('is_there_for_each_class: %s %s', (form, eventClass) => {
    expect(existsSync(join(recordings, form, `${eventClass}.arrow.gz`))).toBe(true);
  });

  it.each(everyForm)('says_whose_each_row_is_and_where_it_came_from: %s %s', (form, eventClass) => {
    const rows = handoffRows(messageOf(form, eventClass));
    expect(rows.length).toBe(4);
    for (const row of [0, 1, 2, 3]) {
      expect(rows.registration(row)).toBe(`012345678901/${eventClass}`);
      expect(rows.objectAccount(row)).toBe('external_012345678901');
      expect([rows.generation(row), rows.sourcePartition(row), rows.sourceEpoch(row)]).toEqual([3, 2, 1]);
      expect(rows.sourceOffset(row)).toBe(700 + row);
    }
  });

  it.each(everyForm)('becomes_the_same_rows_in_the_lake_as_ever: %s %s', async (form, eventClass) => {
    const delivered = await deliveredOf([messageOf(form, eventClass)], [0, 0, 0, 0], [0, 1, 2, 3]);
    expect(delivered).toEqual(inLake[eventClass]);
  });

  it.each(eventClassNames)('goes_into_one_object_with_one_of_another_release: %s', async (eventClass) => {
    const messages = forms.map((form) => messageOf(form, eventClass));
    const delivered = await deliveredOf(messages, [0, 1, 0, 1], [0, 1, 2, 3]);
    expect(delivered).toEqual(inLake[eventClass]);
  });
});

interface Journal {
  readonly offsetMetadata: readonly {
    readonly text: string;
    readonly state: {
      readonly incarnation: string;
      readonly openedAt: number;
      readonly marks: readonly (readonly [number, number, number])[];
      readonly cut?: { readonly offset: number; readonly partRows: number };
    };
  }[];
  readonly objectNames: readonly { readonly identity: ObjectIdentity; readonly name: string }[];
}
const journal = read<Journal>('journal.json');

describe('what an earlier release journalled', () => {
  it('is_understood: incarnation, marks, and the cut that has to be redone', () => {
    for (const { text, state } of journal.offsetMetadata) {
      const found = decodeHandoffState(text);
      expect({ ...found, marks: [...found.marks.entries()] }).toEqual(state);
    }
  });

  it('is_what_this_release_writes_too_so_that_one_can_go_back', () => {
    for (const { text, state } of journal.offsetMetadata)
      expect(encodeHandoffState({ ...state, marks: Marks.of(state.marks) })).toBe(text);
  });

  it('leads_to_the_same_names_of_objects: what was put already is found', () => {
    for (const { identity, name } of journal.objectNames) expect(objectName(identity)).toBe(name);
  });
});
