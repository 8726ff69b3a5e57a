import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { gridCells, gridColumns } from './grid-cells.ts';
import { brokenTable, type Column, tableIn, tableOf, withTable } from './report-table.ts';
import { lateSeeds, type SeedFigures, seedColumns } from './seeds-table.ts';

const columns: readonly Column<{ name: string; lost: number }>[] = [
  { head: 'name', cell: ({ name }) => name, shape: /[a-z]+/ },
  { head: 'lost', cell: ({ lost }) => lost, shape: /0/ },
];
const table = tableOf(columns, [
  { name: 'one', lost: 0 },
  { name: 'two', lost: 0 },
]);
const page = `# Page\n\n<!-- figures: made by a test -->\n\n${table}\n\n<!-- end of figures -->\n\nMore.\n`;

describe('a table that a command makes', () => {
  it('takes_the_place_of_the_one_before_and_touches_nothing_else', () => {
    expect(tableIn(page, 'figures')).toBe(table);
    const other = tableOf(columns, [{ name: 'three', lost: 0 }]);
    expect(withTable(page, 'figures', other)).toBe(page.replace(table, other));
    expect(() => withTable(page, 'others', other)).toThrow('no "<!-- others');
  });

  it.each([
    ['another head', table.replace('| lost |', '| gone |')],
    ['a column more', table.replaceAll(/ \|$/gm, ' | x |')],
    ['a cell more', table.replace('| one | 0 |', '| one | 0 | 0 |')],
    ['a row less', table.split('\n').slice(0, -1).join('\n')],
    ['another order', table.replace('one', 'three')],
    ['something lost', table.replace('| two | 0 |', '| two | 1 |')],
    ['a cell in words', table.replace('| two | 0 |', '| two | none |')],
  ])('is_not_believed_with %s', (_, edited) => {
    expect(edited).not.toBe(table);
    expect(brokenTable(columns, table, ['one', 'two'])).toEqual([]);
    expect(brokenTable(columns, edited, ['one', 'two'])).not.toEqual([]);
  });
});

it('names_the_seeds_that_took_longer_than_two_windows_after_the_healing', () => {
  const run = (seed: number, unseenSeconds: number) => ({ seed, unseenSeconds, windowSeconds: 5 }) as SeedFigures;
  expect(lateSeeds([run(1, 9.9), run(2, 10), run(3, 10.1)])).toEqual([3]);
});

describe('docs/reliability.md', () => {
  const reliability = readFileSync(join(repositoryRoot, 'docs/reliability.md'), 'utf8');

  it('has_every_field_of_the_grid_as_the_command_made_it_with_nothing_lost', () => {
    const rows = gridCells.map(({ call, kind }) => `${call} | ${kind}`);
    expect(rows).toHaveLength(22);
    expect(brokenTable(gridColumns, tableIn(reliability, 'grid'), rows)).toEqual([]);
  });

  it('has_the_long_seeds_as_the_command_made_them_with_nothing_lost', () => {
    const rows = Array.from({ length: 10 }, (_, at) => String(at + 1));
    expect(brokenTable(seedColumns, tableIn(reliability, 'seeds'), rows)).toEqual([]);
  });
});
