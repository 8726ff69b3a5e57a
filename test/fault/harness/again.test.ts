import { expect, it } from '@jest/globals';
import { again } from './again.ts';

it('a_command_that_is_refused_for_a_while_is_given_again_and_its_answer_counts', async () => {
  let refusals = 3;
  const command = async () => {
    if (refusals-- > 0) throw new Error('no leader yet');
    return 'done';
  };
  expect(await again(command, 10_000, 1)).toBe('done');
});

it('a_command_that_is_refused_for_good_fails_with_the_refusal', async () => {
  const refuse = () => Promise.reject(new Error('no leader yet'));
  await expect(again(refuse, 20, 1)).rejects.toThrow('no leader yet');
});
