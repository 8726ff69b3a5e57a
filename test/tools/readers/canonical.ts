/** A value as every reader can give it: no nulls, times in ms since the epoch, maps as objects, keys in order. */
export type Canonical = string | number | boolean | readonly Canonical[] | { readonly [key: string]: Canonical };
export type CanonicalRow = Readonly<Record<string, Canonical>>;

/**
 * Brings a row of any reader to one form. Readers differ in how they show absence (null or no key), time stamps (Date,
 * text, number), 64-bit integers (bigint) and maps (object or pairs); nothing else is forgiven.
 */
export function canonicalRow(row: Readonly<Record<string, unknown>>): CanonicalRow {
  return canonicalObject(row);
}

function canonicalObject(object: Readonly<Record<string, unknown>>): Record<string, Canonical> {
  const entries = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, value]) => [key, canonicalValue(key, value)]));
}

function canonicalValue(key: string, value: unknown): Canonical {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string' && key.endsWith('_dt'))
    return Date.parse(value.replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (key === 'unmapped') return canonicalObject(mapEntries(value));
  if (Array.isArray(value)) return value.map((item) => canonicalValue('', item));
  if (typeof value === 'object') return canonicalObject(value as Record<string, unknown>);
  return value as Canonical;
}

function mapEntries(value: unknown): Record<string, unknown> {
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  return Object.fromEntries(
    value.map((pair: unknown) =>
      Array.isArray(pair) ? pair : [(pair as { key: string }).key, (pair as { value: string }).value],
    ),
  );
}
