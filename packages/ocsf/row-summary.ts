import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { MessagePart, Observable, OcsfObject, OcsfValue } from './mapping/table.ts';
import type { Cuts } from './unmapped.ts';

/** The columns that are made of the other columns of a row, in their order behind those. */
export const summaryColumns = ['observables', 'message'] as const;

/** A finder of the values at a path of a row: one for a scalar, one of each item for a list, none where it is absent. */
type ValuesAt = (values: OcsfObject) => OcsfValue[];

function valuesAt(path: string): ValuesAt {
  const names = path.split('.').map((name) => name.replace(/\[\]$/, ''));
  return (values) => {
    let found: (OcsfValue | undefined)[] = [values];
    for (const name of names) found = found.flatMap((value) => (value as OcsfObject | undefined)?.[name]);
    return found.filter((value) => value !== undefined);
  };
}

/** Makes the list `observables` of a finished row; undefined where there is nothing in it. */
export function observablesMaker(
  observables: readonly Observable[],
  { version, captions }: OcsfClassFacts,
): (values: OcsfObject) => OcsfObject[] | undefined {
  const sources = observables
    .filter(({ since }) => (since ?? '') <= version)
    .map(({ path, typeId }) => ({
      find: valuesAt(path),
      start: { name: path, type_id: typeId, type: captions['observable.type_id']![typeId]! },
    }));
  return (values) => {
    const items = sources.flatMap(({ find, start }) =>
      find(values).map((value) => ({ ...start, value: String(value) })),
    );
    return items.length === 0 ? undefined : items;
  };
}

/** Makes the sentence `message` of a finished row. */
export function messageMaker(
  parts: readonly MessagePart[],
  facts: OcsfClassFacts,
): (values: OcsfObject, activity: Activity, cuts: Cuts) => string {
  const pieces = parts.map((part): ((values: OcsfObject, activity: Activity) => string) => {
    if (typeof part === 'string') return () => part;
    if ('derive' in part) return (_, activity) => part.derive(activity, facts);
    const find = valuesAt(part.column);
    return (values) => String(find(values)[0] ?? part.otherwise);
  });
  return (values, activity, cuts) => cuts.cut('message', pieces.map((piece) => piece(values, activity)).join(''));
}
