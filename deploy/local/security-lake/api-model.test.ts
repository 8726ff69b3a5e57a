import { describe, expect, it } from '@jest/globals';
import { type ApiModel, operationOf, violations } from './api-model.ts';

const model: ApiModel = {
  operations: {
    Make: { http: { method: 'POST', requestUri: '/things' }, input: { shape: 'Thing' } },
    Remove: { http: { method: 'DELETE', requestUri: '/things/{name}' }, input: { shape: 'Thing' } },
  },
  shapes: {
    Thing: {
      type: 'structure',
      required: ['name'],
      members: { name: { shape: 'Name' }, kinds: { shape: 'Kinds' }, size: { shape: 'Size' }, one: { shape: 'Union' } },
    },
    Name: { type: 'string', min: 2, max: 4, pattern: '^[a-z]*$' },
    Kinds: { type: 'list', member: { shape: 'Kind' } },
    Kind: { type: 'string', enum: ['A', 'B'] },
    Size: { type: 'integer', min: 1, max: 9 },
    Union: { type: 'structure', union: true, members: { a: { shape: 'Kind' }, b: { shape: 'Kind' } } },
  },
};

describe('an API model', () => {
  it.each([
    [{ name: 'abc', kinds: ['A', 'B'], size: 9, one: { a: 'A' } }, 0],
    [{}, 1],
    [[], 1],
    [{ name: 'a' }, 1],
    [{ name: 'abcde' }, 1],
    [{ name: 'ab1' }, 1],
    [{ name: 7 }, 1],
    [{ name: 'abc', kinds: 'A' }, 1],
    [{ name: 'abc', kinds: ['C', 'D'] }, 2],
    [{ name: 'abc', size: 10 }, 1],
    [{ name: 'abc', size: '1' }, 1],
    [{ name: 'abc', one: { a: 'A', b: 'B' } }, 1],
    [{ name: 'abc', other: 1 }, 1],
  ])('finds_in_%j_%d_violations', (value, count) => {
    expect(violations(model, 'Thing', value)).toHaveLength(count);
  });

  it('finds_the_operation_and_what_its_path_names', () => {
    expect(operationOf(model, 'DELETE', '/things/a%20b')).toEqual({ name: 'Remove', inPath: { name: 'a b' } });
    expect(operationOf(model, 'POST', '/things')?.name).toBe('Make');
    expect(operationOf(model, 'GET', '/things')).toBeUndefined();
  });
});
