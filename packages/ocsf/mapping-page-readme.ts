import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { coverageTotals, fieldCoverage, type Mapping, subIdCoverage } from './coverage.ts';
import { valueRules } from './mapping/value-rules.ts';
import { markdownTable } from './mapping-page-table.ts';
import { pinnedSchemaFile } from './mapping-schema.ts';

/** The page that says how to read the others, in Markdown. */
export function mappingReadme(mapping: Mapping): string {
  return `${[intro, classesPart(), reading, profiles, unmappedWords, valuesPart(), decisions, coveragePart(mapping)].join('\n\n')}\n`;
}

const intro = `# How agent activity becomes OCSF

Printed by \`npx tributary mapping docs\` from the tables that make the rows: what stands here is what is delivered.`;

function classesPart(): string {
  const rows = eventClassNames.map((name) => {
    const { agentEventId, className, classUid, categoryName } = eventClasses[name];
    const schemas = ocsfVersions.map((version) => `[${version}](schema/${pinnedSchemaFile(name, version)})`);
    return [
      `[${name}](${name}.md)`,
      String(agentEventId),
      `${className} (${classUid})`,
      categoryName,
      schemas.join(', '),
    ];
  });
  return markdownTable(['Event class', 'eventId', 'OCSF class', 'Category', 'Columns in OCSF'], rows);
}

const reading = `## How to read a page

- *Columns* has one line for each way to a value. Lines with the same column are alternatives: the first whose condition
  holds and whose value fits the column's type is taken. A field stands in several lines where several columns need it.
- *Requirement* is OCSF's own. An object whose required attributes can't be given is left out whole; where OCSF requires
  the object of the class, the event is rejected (\`missing-required-field\`).
- A column that ends in \`_id\` has its caption beside it. 99 is Other: then the caption is the agent's own word.
- Times are ms since the epoch in bare columns, and timestamps in those that end in \`_dt\`.
- *Example* is what a made-up but believable event gets.
- A column that is always empty is in the Parquet file all the same: the columns of a class in an OCSF version never
  change with the events. \`schema/\` pins them; a new column is a decision, with an ADR and a new fingerprint.`;

const profiles = `## Profiles

Every event has the profiles \`host\` (the endpoint and who acted there) and \`datetime\` (\`_dt\` columns). Where the cloud is
known (\`cloudProvider\`, or an \`awsAccountId\` of 12 digits) it has \`cloud\` as well. \`metadata.profiles\` lists them.`;

const unmappedWords = `## What is kept beside the columns

\`unmapped\` is a map from the agent's name to text: every field without a column, every value that its column's type
doesn't allow, and every field that we don't know. Nothing that an agent sends is lost. Two keys are ours:

- \`tributary.truncated\`: columns and values that were cut (texts of more than 256 KB), with their bytes before;
- \`tributary.original.<field>\`: what was sent in a field whose value was put right in a way that can't be undone.`;

/** Each rule as a line; its example is tried by a test. */
function valuesPart(): string {
  const rows = valueRules.map(({ arrives, fate, because }) => [arrives, fate, because]);
  return [
    '## Values that don’t fit',
    '*repaired*: only one reading makes sense, and the column has it. *kept*: no column takes it; it is in `unmapped` as text. *taken*: the column has it unchanged. *absent*: it says nothing. *rejected*: there is no row, and the event is kept with its reason on the topic `rejected`.',
    markdownTable(['What arrives', 'What becomes of it', 'Because'], rows),
  ].join('\n\n');
}

const decisions = `## Decisions

The whole of them, with what else was considered: [ADR 9](../adr/0009-what-the-mapping-says-and-what-it-leaves.md) and [ADR 11](../adr/0011-columns-are-pinned.md).

- A field is mapped where OCSF has an attribute that surely means the same; where it may mean the same, it stays in
  \`unmapped\` under the agent's name, so that no query finds it for something that it isn't.
- The process that acted is \`actor.process\`, with its parent one level deep: no agent tells of more.
- \`message\` and \`observables\` are made of the columns of the same row. They say nothing that the columns don't.
- OCSF 1.1.0 is the default; 1.3.0 comes from the same table, for registrations that ask for it.`;

function coveragePart(mapping: Mapping): string {
  const totals = coverageTotals(fieldCoverage(mapping), subIdCoverage(mapping));
  const fields = eventClassNames.map((eventClass) => fatesIn(mapping, eventClass));
  return [
    '## Coverage',
    markdownTable(['Event class', 'Fields', 'With columns', 'In `unmapped`, with a reason'], fields),
    `Together ${totals.pairs} = ${totals.mapped} + ${totals.unmapped}. Of ${totals.subIds} event sub ids in ${ocsfVersions.length} OCSF versions, ${totals.activities} have an activity of OCSF and ${totals.others} are Other with the agent's name. \`npx tributary mapping coverage\` prints each.`,
  ].join('\n\n');
}

function fatesIn(mapping: Mapping, eventClass: EventClass): string[] {
  const fates = fieldCoverage(mapping).map(({ fates: all }) => all[eventClass].fate);
  const count = (fate: string) => fates.filter((one) => one === fate).length;
  return [eventClass, String(fates.length - count('foreign')), String(count('mapped')), String(count('unmapped'))];
}
