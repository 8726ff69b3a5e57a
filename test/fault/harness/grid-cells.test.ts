import { describe, expect, it } from '@jest/globals';
import { faults } from '@tributary/schemas/faults.ts';
import { brokenOf, type CellResult, expectedFault, gridCells, nameOfCell, tableOfGrid } from './grid-cells.ts';

const good: CellResult = {
  ...{ call: 'PutObject', kind: '403', met: 3, others: { events: 900, slowest: 12, clean: true } },
  ...{ said: 'failing put-refused', expected: 'failing put-refused', events: 40, recovered: 4.5 },
  ...{ lost: 0, duplicated: 0, misrouted: 0 },
};

describe('the grid', () => {
  it('has_eleven_answers_to_each_of_two_calls', () => {
    expect(gridCells).toHaveLength(22);
    expect(new Set(gridCells.map(nameOfCell)).size).toBe(22);
  });

  it('expects_of_each_a_fault_that_there_is_or_none', () => {
    const expected = gridCells.map((cell) => expectedFault(cell)).filter((fault) => fault !== undefined);
    expect(expected.filter((fault) => !(fault in faults))).toEqual([]);
    expect(gridCells.filter((cell) => expectedFault(cell) === undefined).map(nameOfCell)).toEqual([
      'PutObject:412',
      'PutObject:expired',
    ]);
  });

  it('is_content_with_a_field_only_when_everything_is_as_promised', () => {
    expect(brokenOf(good, 15)).toEqual([]);
    const bad: Partial<CellResult>[] = [
      { met: 0 },
      { events: 0 },
      { lost: 1 },
      { duplicated: 1 },
      { misrouted: 1 },
      { said: 'active' },
      { others: { events: 900, slowest: 15.1, clean: true } },
      { others: { events: 900, slowest: 12, clean: false } },
    ];
    for (const change of bad) expect(brokenOf({ ...good, ...change }, 15)).toHaveLength(1);
  });

  it('becomes_a_table', () => {
    expect(tableOfGrid([good]).split('\n').at(-1)).toBe(
      '| PutObject | 403 | 3 | 12 s of 900 | failing put-refused | 40, 4.5 s after healing | 0 | 0 | 0 |',
    );
  });
});
