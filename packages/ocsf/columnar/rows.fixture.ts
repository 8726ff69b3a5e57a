import type { ActivityColumns } from './activity-columns.ts';

/** What a row says, as `coerceActivity` would; the texts and numbers of its columns must agree with their values. */
export function activityAt({ fields, extras, heap }: ActivityColumns, row: number): Record<string, unknown> {
  const activity: Record<string, unknown> = {};
  for (const [name, { codes, size, texts, numbers, value }] of fields) {
    const entry = codes[row]!;
    if (entry === -1) continue;
    if (!(entry >= 0 && entry < size)) throw new Error(`${name} has no entry ${entry}`);
    activity[name] = value(entry);
    if (texts !== undefined && heap.text(texts[entry]!) !== activity[name]) throw new Error(`${name} has another text`);
    if (numbers !== undefined && !Object.is(numbers[entry], activity[name]))
      throw new Error(`${name} has another number`);
  }
  const unmapped: Record<string, string> = Object.create(null);
  for (const { name, texts } of extras) {
    if (texts[row] !== -1) unmapped[name] = heap.text(texts[row]!);
  }
  return { ...activity, unmapped };
}
