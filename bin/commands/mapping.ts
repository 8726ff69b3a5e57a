import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { coverageTotals, fieldCoverage, subIdCoverage } from '@tributary/ocsf/coverage.ts';
import { mapping, mappingPages } from '@tributary/ocsf/mapping-pages.ts';
import { pinnedSchema, pinnedSchemaFile } from '@tributary/ocsf/mapping-schema.ts';
import { sampleActivities, sampleTime } from '@tributary/ocsf/samples.fixture.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import type { Command } from 'commander';
import { coverageText } from '../coverage-view.ts';

/** Prints what becomes of every field and sub id of the agents. Answers false where one was forgotten. */
export function printCoverage(print: (text: string) => void): boolean {
  const fields = fieldCoverage(mapping);
  const subIds = subIdCoverage(mapping);
  const totals = coverageTotals(fields, subIds);
  print(coverageText(fields, subIds, totals));
  return totals.wrong.length === 0;
}

const pagesFolder = join(repositoryRoot, 'docs/mapping');

function writePages(): void {
  mkdirSync(pagesFolder, { recursive: true });
  const pages = mappingPages({ of: sampleActivities, now: sampleTime });
  for (const [file, text] of pages) writeFileSync(join(pagesFolder, file), text);
  console.log(`Wrote ${pages.size} pages to docs/mapping.`);
}

function pinSchemas(): void {
  const folder = join(pagesFolder, 'schema');
  mkdirSync(folder, { recursive: true });
  for (const eventClass of eventClassNames) {
    for (const version of ocsfVersions) {
      writeFileSync(join(folder, pinnedSchemaFile(eventClass, version)), pinnedSchema(eventClass, version));
    }
  }
  console.log(
    'Pinned the columns of every class and OCSF version in docs/mapping/schema. Is there an ADR for what changed?',
  );
}

/** `tributary mapping`: how agent activity becomes OCSF. */
export function add(program: Command) {
  const command = program.command('mapping').description('how agent activity becomes OCSF');
  command
    .command('coverage')
    .description('what becomes of every field and sub id of the agents; fails where one was forgotten')
    .action(() => {
      if (!printCoverage((text) => console.log(text))) process.exitCode = 1;
    });
  command
    .command('docs')
    .description('writes the customers’ pages docs/mapping/*.md from the tables')
    .action(writePages);
  command
    .command('pin')
    .description('pins the Parquet columns in docs/mapping/schema, once a change of them is decided')
    .action(pinSchemas);
}
