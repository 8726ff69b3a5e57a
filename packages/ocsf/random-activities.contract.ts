import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import { schemasPresent } from './ajv.fixture.ts';
import { judgeOf } from './judge.fixture.ts';
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
  (schemasPresent ? describe : describe.skip)(`${count} random activities of seed ${seed}`, () => {
    it(
      'are_valid_in_every_OCSF_version_or_rejected_with_the_expected_fault',
      () => {
        const judges = new Map(ocsfVersions.map((version) => [version, judgesOf(version)]));
        const fates = new Map<string, number>();
        const wrong: unknown[] = [];
        let index = -1;
        for (const one of randomActivities(seed, count)) {
          index += 1;
          const activity = coerceActivity(one.raw);
          for (const version of ocsfVersions) {
            const outcome = normalise(one.eventClass, version, activity, { now: randomNow });
            const fate = outcome.outcome === 'reject' ? outcome.fault : outcome.outcome;
            fates.set(fate, (fates.get(fate) ?? 0) + 1);
            // Each can be made again alone: `randomActivity(seed, index)`.
            if (!isExpected(one, fate)) wrong.push({ index, version, became: fate, expected: one.expected });
            if (outcome.outcome !== 'ok') continue;
            const faults = judges.get(version)!.get(one.eventClass)!(outcome.value);
            for (const fault of faults) wrong.push({ index, version, ...fault });
          }
          if (wrong.length > 20) break;
        }
        expect(wrong).toEqual([]);
        expect([...fates.keys()].toSorted()).toEqual([
          'invalid-account',
          'invalid-event-time',
          'missing-required-field',
          'ok',
          'wrong-event-class',
        ]);
        expect(fates.get('ok')).toBeGreaterThan(count * ocsfVersions.length * 0.8);
      },
      timeoutMs,
    );
  });
}

function judgesOf(version: OcsfVersion) {
  return new Map(eventClassNames.map((eventClass) => [eventClass, judgeOf(eventClass, version)]));
}

function isExpected({ expected }: RandomActivity, fate: string): boolean {
  return expected === 'unsure' ? fate === 'ok' || fate === 'missing-required-field' : fate === expected;
}
