import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { type Mapping, subIdCoverage } from './coverage.ts';
import { type PageColumn, requirementOf } from './mapping-page-columns.ts';

const [first, second] = ocsfVersions;

/** The part of a mapping page that says what is different in the second OCSF version. */
export function differencesOf(
  eventClass: EventClass,
  mapping: Mapping,
  columns: ReadonlyMap<string, PageColumn>,
): string {
  const lines = [...newColumns(columns), ...otherRequirements(columns), ...otherActivities(eventClass, mapping)];
  const list = lines.length === 0 ? ['Nothing but `metadata.version`.'] : lines.map((line) => `- ${line}`);
  return [`## Differences of OCSF ${second} from ${first}`, list.join('\n')].join('\n\n');
}

function newColumns(columns: ReadonlyMap<string, PageColumn>): string[] {
  const added = [...columns.values()].filter(({ requirements }) => requirements[first] === undefined);
  return added.map(({ path, type }) => `\`${path}\` (${type}) is new.`);
}

function otherRequirements(columns: ReadonlyMap<string, PageColumn>): string[] {
  const changed = [...columns.values()].filter(({ requirements }) => {
    const [one, other] = [requirements[first], requirements[second]];
    return one !== undefined && other !== undefined && one !== other;
  });
  return changed.map((column) => `\`${column.path}\`: ${requirementOf(column)}.`);
}

function otherActivities(eventClass: EventClass, mapping: Mapping): string[] {
  return subIdCoverage(mapping)
    .filter((one) => one.eventClass === eventClass)
    .flatMap(({ subId, name, activities }) => {
      const [before, after] = [activities[first], activities[second]].map((list) =>
        list.map(({ activityId, activityName }) => `${activityId} ${activityName}`).join(', '),
      );
      return before === after ? [] : [`Sub id ${subId} (${name}) is ${after}, not ${before}.`];
    });
}
