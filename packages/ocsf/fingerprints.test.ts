import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { pinnedSchema, pinnedSchemaFile } from './mapping-schema.ts';

const folder = new URL('../../docs/mapping/schema/', import.meta.url);
const cases = eventClassNames.flatMap((name) => ocsfVersions.map((version) => ({ name, version })));

/** What to do about it stands in the message: whoever sees it has just changed a table, maybe without meaning this. */
function failure(file: string, before: string, now: string): Error {
  const [gone, come] = [linesOnlyIn(before, now), linesOnlyIn(now, before)];
  return new Error(
    [
      `The Parquet columns of ${file.replace('.txt', '')} are not those that are pinned in docs/mapping/schema/${file}:`,
      ...gone.map((line) => `  - ${line}`),
      ...come.map((line) => `  + ${line}`),
      ...(gone.length + come.length === 0 ? ['  their order is another'] : []),
      'Customers have tables and crawlers with these columns. Not meant? Take the change of the mapping table back.',
      'Meant? Write an ADR (what is new, who must do what), then pin the new fingerprint: npx tributary mapping pin',
    ].join('\n'),
  );
}

function linesOnlyIn(one: string, other: string): string[] {
  const known = new Set(other.split('\n'));
  return one.split('\n').filter((line) => !known.has(line));
}

describe('the Parquet columns', () => {
  it.each(cases)('change_only_by_decision: $name in OCSF $version', ({ name, version }) => {
    const file = pinnedSchemaFile(name, version);
    const url = new URL(file, folder);
    const pinned = existsSync(url) ? readFileSync(url, 'utf8') : '';
    const now = pinnedSchema(name, version);
    if (pinned !== now) throw failure(file, pinned, now);
  });
});
