import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { ActivityColumns } from './activity-columns.ts';
import { absent } from './text-heap.ts';

/** One row of the columns as the activity that it is. */
export function activityOf({ fields, extras, heap }: ActivityColumns, row: number): Activity {
  const unmapped: Record<string, string> = Object.create(null);
  for (const { name, texts } of extras) if (texts[row] !== absent) unmapped[name] = heap.text(texts[row]!);
  const activity: Record<string, unknown> = { unmapped };
  for (const [name, { codes, value }] of fields) if (codes[row] !== absent) activity[name] = value(codes[row]!);
  return activity as unknown as Activity;
}
