import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import avsc, { type Schema, type Type } from 'avsc';
import fc from 'fast-check';

/** An Avro schema as JSON. */
export type Json = Schema & object;

interface SchemaField {
  readonly name: string;
  readonly type: unknown;
  readonly aliases?: readonly string[];
}

/** As `packages/stream` has it: a number where it is exact, a bigint beyond. */
const exactLong = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer) {
    const long = bytes.readBigInt64LE();
    return Number.isSafeInteger(Number(long)) ? Number(long) : long;
  },
  toBuffer(value: number | bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: (value: number | bigint) => value,
  toJSON: (value: number | bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** avsc's type of a schema, with exact longs. */
export function exactType(schema: unknown): Type {
  const hook = (part: unknown) => {
    const type = typeof part === 'object' && part !== null && 'type' in part ? part.type : part;
    return type === 'long' ? exactLong : undefined;
  };
  return avsc.Type.forSchema(schema as Schema, { typeHook: hook as never });
}

/** Types that a field of an agent could come to have. `#` stands for a name of its own. */
const oddTypes: readonly unknown[] = [
  'string',
  'int',
  'long',
  'boolean',
  'float',
  'double',
  'bytes',
  'null',
  { type: 'array', items: 'string' },
  { type: 'array', items: 'boolean' },
  { type: 'array', items: ['null', 'string'] },
  { type: 'array', items: { type: 'array', items: 'long' } },
  { type: 'map', values: 'string' },
  { type: 'map', values: ['null', 'long'] },
  { type: 'fixed', name: '#', size: 5 },
  { type: 'enum', name: '#', symbols: ['red', 'green', 'blue'] },
  { type: 'long', logicalType: 'timestamp-micros' },
  ['null', 'string', 'long'],
  ['string', 'null'],
  ['int', 'double', 'null'],
  ['null', { type: 'array', items: 'long' }, 'boolean'],
  ['null', { type: 'enum', name: '#', symbols: ['a', 'b'] }, 'string'],
  {
    type: 'record',
    name: '#',
    fields: [
      { name: 'a', type: 'string' },
      { name: 'b', type: ['null', 'long'] },
    ],
  },
];

/** Schemas made of some of a class's fields, with fields left out, added, moved, renamed and of other types. */
export function changedSchemas(eventClass: EventClass): fc.Arbitrary<Json> {
  const known = activitySchema(eventClass).fields as readonly SchemaField[];
  const odd = fc.tuple(fc.constantFrom(...oddTypes), fc.boolean());
  const field = fc.record({
    own: fc.constantFrom(...known),
    how: fc.constantFrom('same', 'same', 'same', 'retyped', 'renamed', 'extra'),
    odd,
  });
  return fc.uniqueArray(field, { minLength: 1, maxLength: 16, selector: ({ own }) => own.name }).map((fields) => ({
    type: 'record',
    name: 'Changed',
    namespace: 'tributary.agent',
    fields: fields.map(({ own, how, odd: [oddType, isNullable] }, number) => {
      const typed = JSON.parse(JSON.stringify(oddType).replaceAll('#', `Odd${number}`)) as unknown;
      const type = isNullable && !Array.isArray(typed) && typed !== 'null' ? ['null', typed] : typed;
      if (how === 'retyped') return { name: own.name, type };
      if (how === 'renamed') return { name: `former${number}`, aliases: ['gone', own.name], type: own.type };
      return how === 'extra' ? { name: `extra${number}`, type } : { name: own.name, type: own.type };
    }),
  })) as fc.Arbitrary<Json>;
}

const texts = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    'true',
    '12',
    '-7',
    '1768478400',
    '133500000000000000',
    'a',
    '\u0000',
    'ä',
    '日本語',
    '😀 and more',
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ minLength: 60, maxLength: 300 }),
);
const longs = fc.oneof(
  fc.constantFrom(0n, -1n, 1_768_478_400n, 1_768_478_400_000n, 1_768_478_400_000_000n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n) + 1n, -(2n ** 53n), 2n ** 31n, -(2n ** 31n) - 1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: 0, max: 300 }).map(BigInt),
);

/** Values of a type, as avsc encodes them. */
export function valuesOf(type: Type): fc.Arbitrary<unknown> {
  const { typeName } = type;
  const inner = type as Type & { types: Type[]; itemsType: Type; valuesType: Type; size: number; symbols: string[] };
  if (typeName.startsWith('union')) return fc.oneof(...inner.types.map((branch) => branchValues(branch, typeName)));
  if (typeName === 'record') return recordsOf(type);
  if (typeName === 'array') return fc.array(valuesOf(inner.itemsType), { maxLength: 4 });
  if (typeName === 'map')
    return fc.dictionary(fc.string({ maxLength: 5 }), valuesOf(inner.valuesType), {
      maxKeys: 3,
      noNullPrototype: true,
    });
  if (typeName === 'fixed') return fc.uint8Array({ minLength: 5, maxLength: 5 }).map((bytes) => Buffer.from(bytes));
  if (typeName === 'enum') return fc.constantFrom(...inner.symbols);
  const simple: Record<string, fc.Arbitrary<unknown>> = {
    null: fc.constant(null),
    boolean: fc.boolean(),
    int: fc.oneof(fc.integer(), fc.integer({ min: 0, max: 9 })),
    'abstract:long': longs,
    float: fc.oneof(fc.float(), fc.integer({ min: -9, max: 9 })),
    double: fc.oneof(fc.double(), fc.integer({ min: -9, max: 1e10 })),
    bytes: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    string: texts,
  };
  return simple[typeName]!;
}

function branchValues(branch: Type, typeName: string): fc.Arbitrary<unknown> {
  const name = branch.branchName!;
  if (typeName === 'union:unwrapped' || name === 'null') return valuesOf(branch);
  return valuesOf(branch).map((value) => ({ [name]: value }));
}

/** Records of a record type. */
export function recordsOf(type: Type): fc.Arbitrary<Record<string, unknown>> {
  const { fields } = type as Type & { fields: readonly { name: string; type: Type }[] };
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valuesOf(field.type)])));
}
