import type { CoverageTotals, FieldCoverage, FieldFate, SubIdCoverage } from '@tributary/ocsf/coverage.ts';
import { activityText } from '@tributary/ocsf/mapping-page.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { textTable } from './text-table.ts';

/** The coverage of the mapping as tables for a terminal, with totals that add up. */
export function coverageText(
  fields: readonly FieldCoverage[],
  subIds: readonly SubIdCoverage[],
  totals: CoverageTotals,
): string {
  return [
    fieldsTable(fields),
    legend,
    reasonsList(fields),
    subIdsTable(subIds),
    sums(totals),
    ...(totals.wrong.length === 0 ? [] : [['Forgotten:', ...totals.wrong].join('\n  ')]),
  ].join('\n\n');
}

const shortNames: Readonly<Record<EventClass, string>> = {
  'file-activity': 'file',
  'process-activity': 'process',
  'network-activity': 'network',
  'registry-value-activity': 'registry',
  'dns-activity': 'dns',
  'account-change-audit': 'account',
};

const legend =
  'A number: so many columns carry the field. unmapped: kept there, see why below. ·: no field of the class.';

function fieldsTable(fields: readonly FieldCoverage[]): string {
  const rows = fields.map(({ field, fates }) => [field, ...eventClassNames.map((name) => mark(fates[name]))]);
  return textTable([['field', ...eventClassNames.map((name) => shortNames[name])], ...rows]);
}

function mark(fate: FieldFate): string {
  if (fate.fate === 'mapped') return String(fate.columns.length);
  return fate.fate === 'foreign' ? '·' : fate.fate === 'unmapped' ? 'unmapped' : fate.fate.toUpperCase();
}

/** Each reason once, with the fields and classes that it holds for. */
function reasonsList(fields: readonly FieldCoverage[]): string {
  const rows = fields.flatMap(({ field, fates }) => {
    const kept = eventClassNames.flatMap((name) => {
      const fate = fates[name];
      return fate.fate === 'unmapped' ? [{ name: shortNames[name], reason: fate.reason }] : [];
    });
    const reasons = Map.groupBy(kept, ({ reason }) => reason);
    return [...reasons].map(([reason, own]) => [field, own.map(({ name }) => name).join(' '), reason]);
  });
  return textTable([['field', 'kept in unmapped of', 'because'], ...rows]);
}

function subIdsTable(subIds: readonly SubIdCoverage[]): string {
  const rows = subIds.map(({ subId, name, eventClass, activities }) => [
    String(subId),
    name,
    shortNames[eventClass],
    ...ocsfVersions.map((version) => activities[version].map(activityText).join('; ') || 'FORGOTTEN'),
  ]);
  return textTable([['sub id', 'agent’s name', 'class', ...ocsfVersions.map((version) => `OCSF ${version}`)], ...rows]);
}

function sums({ pairs, mapped, unmapped, foreign, subIds, activities, others }: CoverageTotals): string {
  const cells = pairs + foreign;
  return [
    `Fields × classes: ${cells} = ${foreign} not of the class + ${pairs}; ${pairs} = ${mapped} mapped + ${unmapped} unmapped with a reason.`,
    `Sub ids × versions: ${subIds} × ${ocsfVersions.length} = ${activities} with an activity of OCSF + ${others} Other with the agent’s name.`,
  ].join('\n');
}
