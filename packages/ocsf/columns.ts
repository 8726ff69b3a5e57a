import { createHash } from 'node:crypto';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { handoffColumns } from '@tributary/schemas/kafka/handoff.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import {
  Bool,
  DataType,
  Dictionary,
  Field,
  Int32,
  Int64,
  List,
  Map_,
  Schema,
  Struct,
  TimestampMillisecond,
  Type,
  Utf8,
} from 'apache-arrow';
import { type ColumnNode, columnTree, isShared } from './column-tree.ts';

/** The fixed columns of a class in an OCSF version. Rows never change them: a column that is always null is there all the same. */
export interface OcsfColumns {
  /** As they are delivered to a lake. */
  readonly schema: Schema;
  /** With the hand-off columns in front. All texts are codes into one dictionary, and shared objects each into one of their own. */
  readonly handoffSchema: Schema;
  /** First 16 hex digits of the SHA-256 over the canonical JSON of the delivered columns. */
  readonly fingerprint: string;
}

const known = new Map<string, OcsfColumns>();

/** The columns of `eventClass` in `version`; always the same object. */
export function ocsfColumns(eventClass: EventClass, version: OcsfVersion): OcsfColumns {
  const key = `${eventClass} ${version}`;
  let columns = known.get(key);
  if (columns === undefined) {
    const tree = columnTree(eventClass, version);
    const fields = [...tree.map((node) => fieldOf(node, true)), unmappedField()];
    const nodes = [...tree, undefined];
    const ids = new DictionaryIds();
    columns = {
      schema: new Schema(fields),
      handoffSchema: new Schema([...handoffFields(), ...fields.map((field, at) => withCodes(field, ids, nodes[at]))]),
      fingerprint: fingerprintOf(fields),
    };
    known.set(key, columns);
  }
  return columns;
}

/** A scalar is as AWS writes it in its own sources: 32 bits for integer_t, 64 for long_t, times as bare ms. */
function scalarOf(type: string): DataType {
  if (type === 'integer_t' || type === 'port_t') return new Int32();
  if (type === 'long_t' || type === 'timestamp_t') return new Int64();
  if (type === 'datetime_t') return new TimestampMillisecond('UTC');
  return type === 'boolean_t' ? new Bool() : new Utf8();
}

/** Non-nullable is only what OCSF requires of every event: below an optional object all is nullable, because the object may be null. */
function fieldOf(node: ColumnNode, always: boolean): Field {
  const present = always && node.requirement === 'required';
  const item =
    node.children === undefined
      ? scalarOf(node.type)
      : new Struct(node.children.map((child) => fieldOf(child, present && !node.list)));
  return new Field(node.name, node.list ? new List(new Field('item', item, true)) : item, !present);
}

function unmappedField(): Field {
  const entries = new Struct<{ key: Utf8; value: Utf8 }>([
    new Field('key', new Utf8(), false),
    new Field('value', new Utf8(), true),
  ]);
  return new Field('unmapped', new Map_(new Field('entries', entries, false), false), true);
}

/** The columns that every hand-off row has in front. */
export function handoffFields(): Field[] {
  const types = { utf8: () => new Utf8(), int32: () => new Int32(), int64: () => new Int64() };
  return handoffColumns.map(({ name, arrow }) => withCodes(new Field(name, types[arrow](), false)));
}

/** The type of all text columns of a hand-off message. They have one dictionary: its id and type must be the same. */
const code = new Dictionary(new Utf8(), new Int32(), 0);

/** Dictionary 0 is that of the texts. */
class DictionaryIds {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/** The same column, with each text in it as a code, and each shared object. */
function withCodes({ name, type, nullable }: Field, ids?: DictionaryIds, node?: ColumnNode): Field {
  const child = (field: Field, own?: ColumnNode) => withCodes(field, ids, own);
  if (DataType.isUtf8(type)) return new Field(name, code, nullable);
  if (DataType.isStruct(type)) {
    const own = new Struct(type.children.map((field, at) => child(field, node?.children?.[at])));
    const isCode = node !== undefined && isShared(node);
    return new Field(name, isCode ? new Dictionary(own, new Int32(), ids!.next()) : own, nullable);
  }
  // The type of a list's node is that of its items.
  if (DataType.isList(type)) return new Field(name, new List(child(type.children[0]!, node)), nullable);
  if (DataType.isMap(type)) {
    return new Field(name, new Map_(child(type.children[0]!) as (typeof type.children)[0], type.keysSorted), nullable);
  }
  return new Field(name, type, nullable);
}

function fingerprintOf(fields: readonly Field[]): string {
  return createHash('sha256')
    .update(JSON.stringify(fields.map(canonical)))
    .digest('hex')
    .slice(0, 16);
}

/** Name, type, nullability and children, in the order of the columns: what a reader of the table sees. */
function canonical(field: Field): unknown {
  const children: readonly Field[] = field.type.children ?? [];
  const type = children.length === 0 ? String(field.type) : Type[field.type.typeId];
  return [field.name, type, field.nullable, children.map(canonical)];
}
