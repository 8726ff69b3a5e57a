import { type DataType, type Field, type RecordBatch, type Schema, Type } from 'apache-arrow';
import { writtenField } from './written-field.ts';

/**
 * Messages that say they have the same columns have not: something else than a consumer wrote one, or two releases gave
 * different columns one fingerprint. Their values would come under each other's names, so nothing is made of them.
 */
export class OtherColumns extends Error {
  override readonly name = 'OtherColumns';
}

/** A column by where it is and what it is. */
interface Column {
  readonly at: number;
  /** Its type as it is written, with the names, types and order of what lies below. */
  readonly type: string;
}

const known = new WeakMap<Schema, ReadonlyMap<string, Column>>();

/** The columns of a schema by name. Throws `OtherColumns` where two have one name. */
export function columnsOf(schema: Schema): ReadonlyMap<string, Column> {
  let columns = known.get(schema);
  if (columns === undefined) {
    const { fields } = schema;
    columns = new Map(fields.map((field, at) => [field.name, { at, type: typeOf(writtenField(field)) }]));
    if (columns.size !== fields.length) throw new OtherColumns('a message has two columns of one name');
    known.set(schema, columns);
  }
  return columns;
}

/** Throws `OtherColumns` unless all batches have the same columns, in whatever order; dictionaries make no difference. */
export function refuseOtherColumns(batches: readonly RecordBatch[]): void {
  const [first, ...others] = new Set(batches.map(({ schema }) => schema));
  if (first === undefined) return;
  const columns = columnsOf(first);
  for (const schema of others) {
    const own = columnsOf(schema);
    for (const name of new Set([...columns.keys(), ...own.keys()])) {
      const [one, other] = [columns.get(name)?.type, own.get(name)?.type];
      if (one !== other)
        throw new OtherColumns(
          `column ${name} is ${one ?? 'absent'} in one message and ${other ?? 'absent'} in another`,
        );
    }
  }
}

function typeOf({ type, nullable }: Field): string {
  const children: readonly Field[] = type.children ?? [];
  const own = children.length === 0 ? String(type as DataType) : Type[type.typeId];
  const below = children.map((child) => `${child.name} ${typeOf(child)}`).join(', ');
  return `${own}${below === '' ? '' : ` { ${below} }`}${nullable ? '' : ', never null'}`;
}
