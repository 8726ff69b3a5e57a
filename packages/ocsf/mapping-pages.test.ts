import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { mappingTables } from './mapping/tables.ts';
import { mappingPageCommand } from './mapping-page.ts';
import { markdownTable } from './mapping-page-table.ts';
import { mapping, mappingPages } from './mapping-pages.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

const folder = new URL('../../docs/mapping/', import.meta.url);
const pages = mappingPages({ of: sampleActivities, now: sampleTime });
const pageOf = (eventClass: EventClass) => pages.get(`${eventClass}.md`)!;

describe('the mapping pages', () => {
  it.each([...pages.keys()])('are_fresh: %s', (file) => {
    const written = existsSync(new URL(file, folder)) ? readFileSync(new URL(file, folder), 'utf8') : '';
    if (written === pages.get(file)) return;
    throw new Error(`docs/mapping/${file} is not what the tables say any more. Write it anew: ${mappingPageCommand}`);
  });

  it('are_all_that_there_is', () => {
    const found = readdirSync(folder).filter((name) => name.endsWith('.md'));
    expect(found.toSorted()).toEqual([...pages.keys()].toSorted());
  });

  it.each(eventClassNames)('name_every_column_and_every_field_that_has_none: %s', (eventClass) => {
    const page = pageOf(eventClass);
    for (const { path } of mappingTables[eventClass].columns) expect(page).toContain(`| ${path} `);
    for (const name of Object.keys(sampleActivities(eventClass)[0]!)) expect(page).toContain(name);
    expect(mapping.tables[eventClass].message.length).toBeGreaterThan(3);
  });

  it.each(eventClassNames)('have_an_example_for_most_columns: %s', (eventClass) => {
    const lines = pageOf(eventClass).split('## Constants')[0]!.split('\n');
    const rows = lines.filter((line) => /^\| .* \|$/.test(line) && line.split(' | ').length === 7);
    const without = rows.filter((line) => line.endsWith('|  |'));
    expect(without.length).toBeLessThan(rows.length / 2);
  });

  it('end_no_cell_in_the_middle', () => {
    expect(markdownTable(['a'], [['x|y\nz']])).toBe('| a |\n|---|\n| x\\|y z |');
  });
});
