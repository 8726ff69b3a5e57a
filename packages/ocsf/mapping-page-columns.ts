import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { OcsfRequirement } from '@tributary/schemas/ocsf/facts.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import { type ColumnNode, columnTree } from './column-tree.ts';

/** A column as a page shows it: its type, and what OCSF says about it in each version that has it. */
export interface PageColumn {
  readonly path: string;
  readonly type: string;
  readonly requirements: Readonly<Partial<Record<OcsfVersion, OcsfRequirement>>>;
}

/** Every column of a class in any version, by its path; objects and their attributes both. */
export function pageColumns(eventClass: EventClass): Map<string, PageColumn> {
  const columns = new Map<string, PageColumn>();
  for (const version of ocsfVersions) {
    for (const { path, type, list, requirement } of flat(columnTree(eventClass, version))) {
      const known = columns.get(path);
      const requirements = { ...known?.requirements, [version]: requirement };
      columns.set(path, { path, type: list ? `list of ${type}` : type, requirements });
    }
  }
  return columns;
}

function flat(nodes: readonly ColumnNode[]): ColumnNode[] {
  return nodes.flatMap((node) => [node, ...flat(node.children ?? [])]);
}

/** The requirement in words: one for all versions, or each with its version. */
export function requirementOf({ requirements }: PageColumn): string {
  const [first, ...others] = ocsfVersions.map((version) => requirements[version]);
  if (others.every((one) => one === first)) return first!;
  return ocsfVersions
    .filter((version) => requirements[version] !== undefined)
    .map((version) => `${requirements[version]} (${version})`)
    .join(', ');
}
