import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import { fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts } from '@tributary/schemas/ocsf/facts.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { fieldCoverage, type Mapping, type SubIdActivity, subIdCoverage } from './coverage.ts';
import type { Entry, MessagePart, OcsfValue } from './mapping/table.ts';
import { type PageColumn, pageColumns, requirementOf } from './mapping-page-columns.ts';
import type { Examples } from './mapping-page-examples.ts';
import { code, markdownTable } from './mapping-page-table.ts';
import { differencesOf } from './mapping-page-versions.ts';
import { readBy } from './trace.ts';

/** The command that writes the pages, as every page names it. */
export const mappingPageCommand = 'npx tributary mapping docs';

/** The mapping page of one class for its customers, in Markdown: printed from the table that makes the rows. */
export function mappingPage(eventClass: EventClass, mapping: Mapping, examples: Examples): string {
  const { className, classUid } = eventClasses[eventClass];
  const columns = pageColumns(eventClass);
  const entries = mapping.tables[eventClass].columns;
  const parts = [
    `# ${eventClass}: OCSF ${className} (${classUid})`,
    `Printed by \`${mappingPageCommand}\` from \`packages/ocsf/mapping/${eventClass}.ts\`. [How to read it](README.md).`,
    activitiesPart(eventClass, mapping),
    columnsPart(entries, columns, examples),
    constantsPart(entries, columns),
    observablesPart(eventClass, mapping),
    messagePart(mapping.tables[eventClass].message, examples),
    unmappedPart(eventClass, mapping),
    differencesOf(eventClass, mapping, columns),
  ];
  return `${parts.join('\n\n')}\n`;
}

function activitiesPart(eventClass: EventClass, mapping: Mapping): string {
  const rows = subIdCoverage(mapping)
    .filter((one) => one.eventClass === eventClass)
    .map(({ subId, name, activities }) => [
      String(subId),
      name,
      ...ocsfVersions.map((version) => activities[version].map(activityText).join('; ')),
    ]);
  rows.push(['any other', 'unknown to us', ...ocsfVersions.map(() => '99 Other, with its number as the name')]);
  const head = ['eventSubId', 'Agent’s name', ...ocsfVersions.map((version) => `activity_id in ${version}`)];
  return `## Activities\n\n${markdownTable(head, rows)}`;
}

/** An activity in words; the agent's own name of it stands beside Other. */
export function activityText({ when, activityId, activityName }: SubIdActivity): string {
  const text = activityId === 99 ? `99 Other (${activityName})` : `${activityId} ${activityName}`;
  return when === undefined ? text : `${text} (${when})`;
}

function columnsPart(
  entries: readonly Entry[],
  columns: ReadonlyMap<string, PageColumn>,
  { exampleFor }: Examples,
): string {
  const head = ['Agent’s field', 'OCSF column', 'Type', 'Requirement', 'Rule', 'Condition', 'Example'];
  const fromFields = entries.filter(({ source }) => source.from !== 'constant');
  const sections = Map.groupBy(fromFields, ({ path }) => (path.includes('.') ? path.split('.', 1)[0]! : 'the event'));
  const tables = [...sections].map(([name, own]) => {
    const rows = own.map((entry) => [
      readBy(entry).join(', ') || '(none)',
      entry.since === undefined ? entry.path : `${entry.path} (from ${entry.since})`,
      columns.get(entry.path)!.type,
      requirementOf(columns.get(entry.path)!),
      entry.source.from === 'derived' ? entry.source.rule : 'as it is',
      entry.when?.rule ?? '',
      exampleText(exampleFor(entry), columns.get(entry.path)!.type),
    ]);
    return `### ${name}\n\n${markdownTable(head, rows)}`;
  });
  return ['## Columns', ...tables].join('\n\n');
}

function exampleText(value: OcsfValue | undefined, type = ''): string {
  if (value === undefined) return '';
  if (type === 'datetime_t') return code(new Date(value as number).toISOString());
  return code(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function constantsPart(entries: readonly Entry[], columns: ReadonlyMap<string, PageColumn>): string {
  const rows = entries.flatMap(({ path, source, when }) =>
    source.from === 'constant'
      ? [
          [
            path,
            columns.get(path)!.type,
            requirementOf(columns.get(path)!),
            when?.rule ?? '',
            exampleText(source.value),
          ],
        ]
      : [],
  );
  return `## Constants\n\n${markdownTable(['OCSF column', 'Type', 'Requirement', 'Condition', 'Value'], rows)}`;
}

function observablesPart(eventClass: EventClass, { tables }: Mapping): string {
  const { captions } = classFacts(eventClass, ocsfVersions.at(-1)!);
  const rows = tables[eventClass].observables.map(({ path, typeId, since }) => [
    path,
    `${typeId} ${captions['observable.type_id']?.[typeId] ?? ''}`,
    since === undefined ? 'all' : `from ${since}`,
  ]);
  return `## Observables\n\n${markdownTable(['Value of', 'type_id', 'OCSF versions'], rows)}`;
}

function messagePart(parts: readonly MessagePart[], { messages }: Examples): string {
  const template = parts
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('derive' in part) return ` <${part.rule}> `;
      return part.otherwise === '' ? `{${part.column}}` : `{${part.column}, or “${part.otherwise}”}`;
    })
    .join('')
    .replaceAll(/ {2,}/g, ' ');
  const examples = messages.map((message) => `- ${message}`);
  return ['## Message', `\`\`\`text\n${template}\n\`\`\``, examples.join('\n')].join('\n\n');
}

function unmappedPart(eventClass: EventClass, mapping: Mapping): string {
  const own = new Set(fieldsOf(eventClass));
  const whole = fieldCoverage(mapping).flatMap(({ field, fates }) => {
    const fate = fates[eventClass];
    return fate.fate === 'unmapped' ? [[field, agentFields[field].doc, fate.reason]] : [];
  });
  const partly = mapping.tables[eventClass].kept
    .filter(({ kept }) => own.has(kept))
    .map(({ kept, rule }) => [kept, rule]);
  return [
    '## Kept in `unmapped`',
    'By the agent’s name, as text. These fields have no column:',
    markdownTable(['Agent’s field', 'What it is', 'Why it has no column'], whole),
    'Of these fields it keeps what their columns can’t hold:',
    markdownTable(['Agent’s field', 'What is kept'], partly),
  ].join('\n\n');
}
