import { isUtf8 } from 'node:buffer';
import type { ActivityColumns } from './activity-columns.ts';
import type { TextHeap, TextId } from './text-heap.ts';

/** What a row says, as `coerceActivity` would; the texts and numbers of its columns must agree with their values. */
export function activityAt({ fields, extras, heap }: ActivityColumns, row: number): Record<string, unknown> {
  const activity: Record<string, unknown> = {};
  for (const [name, { codes, size, texts, numbers, value }] of fields) {
    const entry = codes[row]!;
    if (entry === -1) continue;
    if (!(entry >= 0 && entry < size)) throw new Error(`${name} has no entry ${entry}`);
    activity[name] = value(entry);
    if (texts !== undefined && validText(heap, texts[entry]!) !== activity[name])
      throw new Error(`${name} has another text`);
    if (numbers !== undefined && !Object.is(numbers[entry], activity[name]))
      throw new Error(`${name} has another number`);
  }
  const unmapped: Record<string, string> = Object.create(null);
  for (const { name, texts } of extras) {
    if (texts[row] !== -1) unmapped[name] = validText(heap, texts[row]!);
  }
  return { ...activity, unmapped };
}

function validText(heap: TextHeap, id: TextId): string {
  const { bytes, starts, ends } = heap;
  if (!isUtf8(bytes.subarray(starts[id], ends[id]))) throw new Error(`text ${id} is not UTF-8`);
  return heap.text(id);
}
