import { agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';

/** What a writer's schema calls a field, now and formerly. */
export interface NamedField {
  readonly name: string;
  readonly aliases?: readonly string[];
}

const all: ReadonlySet<string> = new Set(agentFieldNames);

/** True for the name of an agent's field. */
export function isOurs(name: string): name is AgentFieldName {
  return all.has(name);
}

/** The names that we read a record's fields by: an alias where that is one of ours, and no other field has it. */
export function ourNames(fields: readonly NamedField[]): string[] {
  const taken = new Set(fields.map(({ name }) => name));
  return fields.map(({ name, aliases = [] }) => {
    const renamed = isOurs(name) ? undefined : aliases.find((alias) => isOurs(alias) && !taken.has(alias));
    if (renamed !== undefined) taken.add(renamed);
    return renamed ?? name;
  });
}

/** A record as another decoder gives it, with its fields named as we read them. `schema` is the writer's, as JSON. */
export function withOurNames(
  schema: unknown,
): (record: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> {
  const { fields } = (schema ?? {}) as { readonly fields?: readonly NamedField[] };
  const names = Array.isArray(fields) ? ourNames(fields) : [];
  const renamed = names.flatMap((name, at) => (fields![at]!.name === name ? [] : [[fields![at]!.name, name] as const]));
  if (renamed.length === 0) return (record) => record;
  const byName = new Map(renamed);
  return (record) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [byName.get(name) ?? name, value]));
}

/** So many names that aren't ours get columns in one batch: far more than agents of all releases have together. */
const otherNamesMax = 256;

/**
 * The names in a batch's objects that aren't ours. Each of them takes a column as long as the batch, so there is room for a
 * bounded number: whoever invents names for each event must not cost others their memory.
 */
export class OtherNames {
  readonly #names = new Set<string>();

  /** True where there is room for all of the object's names; then it has taken that room. */
  admits(object: Readonly<Record<string, unknown>>): boolean {
    const own: string[] = [];
    for (const name of Object.keys(object)) if (!all.has(name) && !this.#names.has(name)) own.push(name);
    if (this.#names.size + own.length > otherNamesMax) return false;
    for (const name of own) this.#names.add(name);
    return true;
  }
}
