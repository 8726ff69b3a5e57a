import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { mutantNames, mutants, mutated } from './mutants.ts';

it.each(mutantNames)('the_guard_that_a_mutant_lacks_is_where_it_is_said_to_be: %s', (name) => {
  for (const { file, without } of mutants[name].edits) {
    const text = readFileSync(join(repositoryRoot, file), 'utf8');
    expect(mutated(file, text, [name])).toContain(without);
    expect(text).not.toBe(mutated(file, text, [name]));
  }
});

it('a_guard_that_has_moved_is_no_mutant', () => {
  expect(() => mutated('packages/lake/aws-s3.ts', 'other code', ['conditional-put'])).toThrow('not exactly one');
  expect(mutated('another.ts', 'other code', mutantNames)).toBe('other code');
});
