import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { schemasPresent } from './ajv.fixture.ts';
import { type Fault, judgeOf } from './judge.fixture.ts';
import { normalise } from './normalise.ts';
import { type RandomActivity, randomActivities, randomNow } from './random-activities.fixture.ts';

/** Which activities, and how long it may take. */
export interface RandomRun {
  readonly seed: number;
  readonly count: number;
  readonly timeoutMs: number;
}

/**
 * Declares the promise of the mapping about whatever comes: each of `count` random activities, in each OCSF version,
 * becomes a row that OCSF's own schema and dictionary accept, or is rejected with the fault that it was made for.
 */
export function randomActivitiesKeepThePromise({ seed, count, timeoutMs }: RandomRun): void {
  const suite = schemasPresent ? describe : describe.skip;
  suite.each(ocsfVersions)(`${count} random activities of seed ${seed} in OCSF %s`, (version) => {
    it(
      'are_valid_or_rejected_with_the_expected_fault',
      () => {
        const judges = new Map(eventClassNames.map((name) => [name, judgeOf(name, version)]));
        const wrong: Fault[] = [];
        const fates = new Map<string, number>();
        let index = -1;
        for (const one of randomActivities(seed, count)) {
          index += 1;
          const outcome = normalise(one.eventClass, version, coerceActivity(one.raw), { now: randomNow });
          const fate = outcome.outcome === 'reject' ? outcome.fault : outcome.outcome;
          fates.set(fate, (fates.get(fate) ?? 0) + 1);
          if (!isExpected(one, fate)) wrong.push({ index, path: '', wrong: `became ${fate}, not ${one.expected}` });
          if (outcome.outcome !== 'ok') continue;
          for (const found of judges.get(one.eventClass)!(outcome.value)) wrong.push({ index, ...found });
          if (wrong.length > 20) break;
        }
        // Each can be made again alone: `randomActivity(seed, index)`.
        expect(wrong).toEqual([]);
        expect([...fates.keys()].toSorted()).toEqual([
          'invalid-account',
          'invalid-event-time',
          'missing-required-field',
          'ok',
          'wrong-event-class',
        ]);
        expect(fates.get('ok')).toBeGreaterThan(count * 0.8);
      },
      timeoutMs,
    );
  });
}

function isExpected({ expected }: RandomActivity, fate: string): boolean {
  return expected === 'unsure' ? fate === 'ok' || fate === 'missing-required-field' : fate === expected;
}
