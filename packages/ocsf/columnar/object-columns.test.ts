import { describe, expect, it } from '@jest/globals';
import { agentFieldNames, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import fc from 'fast-check';
import { objectColumns } from './object-columns.ts';
import { activityAt } from './rows.fixture.ts';
import { TextHeap } from './text-heap.ts';

const names = fc.oneof(
  fc.constantFrom(...agentFieldNames),
  fc.constantFrom(
    '7',
    '12',
    'extra',
    'unmapped',
    'toString',
    'constructor',
    '__proto__',
    '\ud800',
    '\udc00',
    'tributary.original.eventTime',
  ),
  fc.string({ maxLength: 3, unit: 'binary' }),
);
const scalars = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    'FALSE',
    '12',
    '-7',
    ' 3.5e2 ',
    '1768478400',
    '1768478400000000',
    'a',
    '日本語',
    '\ud83d',
    'x'.repeat(5000),
  ),
  fc.constantFrom(0, -0, 1, 1.5, 1_768_478_400, 1_768_478_400_000, 1_768_478_400_000_000, 2 ** 53, -1e300, Number.NaN),
  fc.constantFrom<unknown>(null, true, false, undefined, 2n ** 63n, -(2n ** 63n), 5n),
  fc.string({ maxLength: 8 }),
  fc.integer(),
);
const values = fc.oneof(
  scalars,
  scalars,
  fc.array(scalars, { maxLength: 3 }),
  fc.array(fc.array(scalars, { maxLength: 2 }), { maxLength: 2 }),
  fc.object({ maxDepth: 2, maxKeys: 2 }),
);
const objects = fc.array(fc.array(fc.tuple(names, values), { maxLength: 10 }).map(Object.fromEntries), {
  maxLength: 40,
});

function check(rows: readonly Record<string, unknown>[]): void {
  const columns = objectColumns(rows, new TextHeap());
  expect(columns.rows).toBe(rows.length);
  for (const [row, object] of rows.entries()) expect(activityAt(columns, row)).toEqual({ ...coerceActivity(object) });
}

describe('columns of objects', () => {
  it('say_row_by_row_what_the_rules_say_of_the_object', () => {
    fc.assert(fc.property(objects, check), { numRuns: 500 });
  });

  it('say_the_same_of_what_was_JSON', () => {
    const parsed = fc.array(
      fc
        .dictionary(names, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 8 })
        .map((object) => JSON.parse(JSON.stringify(object)) as Record<string, unknown>),
    );
    fc.assert(fc.property(parsed, check), { numRuns: 300 });
  });

  it('keep_the_order_of_what_is_beside_our_fields', () => {
    const row = { zebra: 'z', 9: 'nine', eventTime: 'never', apple: { a: 1 }, 2: 'two', lastSeen: 1_768_478_400 };
    const { extras } = objectColumns([row], new TextHeap());
    expect(extras.map(({ name }) => name)).toEqual(Object.keys(coerceActivity(row as never).unmapped));
  });
});
