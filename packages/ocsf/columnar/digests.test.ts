import { expect, it } from '@jest/globals';
import { isHex } from '../mapping/text.ts';
import type { FieldColumn } from './activity-columns.ts';
import { wholeDigests } from './digests.ts';
import { TextHeap } from './text-heap.ts';

it('takes_for_whole_exactly_what_the_row_interpreter_does_for_every_character_in_every_place', () => {
  const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  const texts = [0, 1, 2, 3, 31].flatMap((place) =>
    characters.map((character) => `${'aF'.repeat(16).slice(0, place)}${character}${'09'.repeat(16).slice(place + 1)}`),
  );
  const lengths = [0, 28, 31, 32, 33, 36].map((length) => 'e'.repeat(length));
  const all = [...texts, ...lengths];
  const heap = new TextHeap();
  const column = { size: all.length, texts: Int32Array.from(all, (text) => heap.add(text)) } as unknown as FieldColumn;
  const whole = wholeDigests(column, 32, heap);
  expect(all.filter((_, at) => whole[at] === 1)).toEqual(all.filter((text) => isHex(text, 32)));
});
