/** An Avro type, with its references resolved. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly items: AvroType }
  | { readonly kind: 'record'; readonly fields: readonly AvroField[] }
  | {
      readonly kind: 'union';
      readonly branches: readonly AvroType[];
      /** By branch, the name that a decoded value is wrapped in: undefined where avsc doesn't wrap it. */
      readonly wrappers: readonly (string | undefined)[];
    };

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
}

/** More fields than this would make a function that V8 doesn't optimise. */
const fieldsMax = 400;
/** Nesting that our own schemas don't come near; the code for it would be deep, too. */
const depthMax = 16;

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
type Primitive = (typeof primitives)[number];

class Unsupported extends Error {}

interface Scope {
  readonly names: Map<string, AvroType>;
  readonly namespace: string;
  readonly depth: number;
}

/**
 * The fields of a record schema as avsc reads it: undefined where we don't (recursive types, items without bytes, a field
 * called `__proto__`), or where it is no valid schema. Logical types are ignored, as avsc does when it isn't told any.
 */
export function avroFields(schema: unknown): readonly AvroField[] | undefined {
  try {
    const type = typeOf(schema, { names: new Map(), namespace: '', depth: 0 });
    return type.kind === 'record' && type.fields.length <= fieldsMax ? type.fields : undefined;
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function typeOf(schema: unknown, scope: Scope): AvroType {
  if (scope.depth > depthMax) throw new Unsupported('too deep');
  if (typeof schema === 'string') return named(schema, scope);
  if (Array.isArray(schema)) return unionOf(schema, deeper(scope));
  const { type } = attributes(schema);
  if (isPrimitive(type)) return { kind: type };
  if (type === 'array') return listOf('array', attributes(schema).items, scope);
  if (type === 'map') return listOf('map', attributes(schema).values, scope);
  if (type === 'fixed' || type === 'enum' || type === 'record') return definitionOf(type, attributes(schema), scope);
  throw new Unsupported(`type ${JSON.stringify(type)}`);
}

function named(name: string, { names, namespace }: Scope): AvroType {
  if (isPrimitive(name)) return { kind: name };
  const type = names.get(qualified(name, namespace));
  if (type === undefined) throw new Unsupported(`${name} is recursive, or undefined`);
  return type;
}

function listOf(kind: 'array' | 'map', items: unknown, scope: Scope): AvroType {
  const type = typeOf(items, deeper(scope));
  // A few bytes could stand for billions of such items.
  if (kind === 'array' && bytesMin(type) === 0) throw new Unsupported('items without bytes');
  return { kind, items: type };
}

function definitionOf(kind: 'fixed' | 'enum' | 'record', schema: Attributes, scope: Scope): AvroType {
  const { name, namespace = scope.namespace, size, symbols, fields } = schema;
  if (typeof name !== 'string' || typeof namespace !== 'string') throw new Unsupported('a definition without a name');
  const full = qualified(name, namespace);
  const inside = { ...deeper(scope), namespace: full.slice(0, Math.max(0, full.lastIndexOf('.'))) };
  const type = (): AvroType => {
    if (kind === 'fixed' && Number.isInteger(size)) return { kind, size: size as number };
    if (kind === 'enum' && Array.isArray(symbols)) return { kind, symbols: symbols as string[] };
    if (kind === 'record' && Array.isArray(fields)) return { kind, fields: fields.map((one) => fieldOf(one, inside)) };
    throw new Unsupported(`an incomplete ${kind}`);
  };
  const definition = type();
  scope.names.set(full, definition);
  return definition;
}

function fieldOf(schema: unknown, scope: Scope): AvroField {
  const { name, aliases, type } = attributes(schema);
  if (typeof name !== 'string' || name === '__proto__') throw new Unsupported('a field that cannot be a property');
  return { name, aliases: Array.isArray(aliases) ? aliases : [], type: typeOf(type, scope) };
}

function unionOf(schemas: readonly unknown[], scope: Scope): AvroType {
  const branches = schemas.map((schema) => typeOf(schema, scope));
  const buckets = branches.map(({ kind }) => bucketOf[kind]);
  const isAmbiguous = new Set(buckets).size < buckets.length;
  const names = schemas.map((schema) => branchName(schema, scope.namespace));
  return { kind: 'union', branches, wrappers: isAmbiguous ? names : names.map(() => undefined) };
}

/** avsc wraps the values of a union when two branches could hold the same JavaScript value. The exact long is apart. */
const bucketOf: Record<AvroType['kind'], string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  float: 'number',
  double: 'number',
  long: 'long',
  string: 'string',
  enum: 'string',
  bytes: 'buffer',
  fixed: 'buffer',
  array: 'array',
  map: 'object',
  record: 'object',
  union: 'union',
};

function branchName(schema: unknown, namespace: string): string {
  if (typeof schema === 'string') return isPrimitive(schema) ? schema : qualified(schema, namespace);
  const { name, type, namespace: own = namespace } = attributes(schema);
  return typeof name === 'string' ? qualified(name, String(own)) : String(type);
}

/** The fewest bytes of a value. */
function bytesMin(type: AvroType): number {
  switch (type.kind) {
    case 'null':
      return 0;
    case 'fixed':
      return type.size;
    case 'record':
      return type.fields.reduce((sum, field) => sum + bytesMin(field.type), 0);
    default:
      return 1;
  }
}

type Attributes = Readonly<Record<string, unknown>>;

function attributes(schema: unknown): Attributes {
  if (typeof schema !== 'object' || schema === null) throw new Unsupported('no schema');
  return schema as Attributes;
}

function isPrimitive(name: unknown): name is Primitive {
  return (primitives as readonly unknown[]).includes(name);
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth + 1 };
}
