import { expect, it } from '@jest/globals';
import { runSteps, type StepEvent } from './steps.ts';

it('runs the steps in order and tells of each before and after', async () => {
  const told: string[] = [];
  const steps = ['a', 'b'].map((name) => ({ name, run: (ran: string[]) => void ran.push(name) }));
  await runSteps(
    steps,
    told,
    's',
    ({ step, phase, subject }: StepEvent) => void told.push(`${phase} ${step} of ${subject}`),
  );
  expect(told).toEqual(['before a of s', 'a', 'after a of s', 'before b of s', 'b', 'after b of s']);
});

it('does nothing after a step that throws', async () => {
  const ran: string[] = [];
  const steps = [
    { name: 'a', run: () => Promise.reject(new Error('no')) },
    { name: 'b', run: () => void ran.push('b') },
  ];
  await expect(runSteps(steps, ran, 's', () => {})).rejects.toThrow('no');
  expect(ran).toEqual([]);
});
