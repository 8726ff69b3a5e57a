import { describe, expect, it } from '@jest/globals';
import { agentFields, eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import { printCoverage } from './mapping.ts';

describe('tributary mapping coverage', () => {
  const texts: string[] = [];
  const whole = printCoverage((text) => texts.push(text));
  const lines = texts.join('\n').split('\n');

  it('has_a_line_for_every_field_and_every_sub_id', () => {
    for (const name of Object.keys(agentFields)) expect(lines).toContainEqual(expect.stringMatching(`^${name} +`));
    for (const [id, name] of Object.entries(eventSubIds))
      expect(lines).toContainEqual(expect.stringMatching(`^${id} +${name} +`));
  });

  it('ends_with_sums_that_add_up_and_nothing_forgotten', () => {
    expect(whole).toBe(true);
    const numbers = lines.slice(-2).map((line) => line.match(/\d+/g)!.map(Number));
    const [[cells, foreign, pairs, again, mapped, unmapped], [subIds, versions, activities, others]] = numbers as [
      number[],
      number[],
    ];
    expect([foreign! + pairs!, mapped! + unmapped!]).toEqual([cells, again]);
    expect(activities! + others!).toBe(subIds! * versions!);
  });
});
