/** Columns of activities as decoders make them, made the slow way: for tests. */
import { type Activity, agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, ExtraColumn, FieldColumn, FieldValue } from './activity-columns.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** `merge` says whether equal values get one entry; decoders may leave them apart. */
export function columnsOfActivities(activities: readonly Activity[], heap: TextHeap, merge = true): ActivityColumns {
  const fields = new Map<AgentFieldName, FieldColumn>();
  for (const name of agentFieldNames) {
    const column = fieldColumn(name, activities, heap, merge);
    if (column !== undefined) fields.set(name, column);
  }
  const names = new Set(activities.flatMap(({ unmapped }) => Object.keys(unmapped)));
  const extras = [...names].map((name): ExtraColumn => {
    const texts = activities.map(({ unmapped }) => (name in unmapped ? heap.add(unmapped[name]!) : absent));
    return { name, texts: Int32Array.from(texts) };
  });
  return { rows: activities.length, fields, extras, heap };
}

function fieldColumn(
  name: AgentFieldName,
  activities: readonly Activity[],
  heap: TextHeap,
  merge: boolean,
): FieldColumn | undefined {
  const entries: FieldValue[] = [];
  const known = new Map<string, number>();
  const codes = activities.map((activity) => {
    const value = activity[name];
    if (value === undefined) return absent;
    const seen = merge ? known.get(JSON.stringify(value)) : undefined;
    if (seen !== undefined) return seen;
    known.set(JSON.stringify(value), entries.length);
    return entries.push(value) - 1;
  });
  if (entries.length === 0) return undefined;
  const { type } = agentFields[name];
  return {
    codes: Int32Array.from(codes),
    size: entries.length,
    texts:
      type === 'string' || type === 'long-id'
        ? Int32Array.from(entries, (value) => heap.add(value as string))
        : undefined,
    numbers: type === 'int' || type === 'time' || type === 'size' ? Float64Array.from(entries as number[]) : undefined,
    value: (entry) => entries[entry]!,
  };
}
