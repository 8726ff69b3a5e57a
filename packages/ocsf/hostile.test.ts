import { describe, expect, it } from '@jest/globals';
import { eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { ocsfVersions, registrationId } from '@tributary/schemas/registration.ts';
import fc from 'fast-check';
import { schemasPresent, validatorOf } from './ajv.fixture.ts';
import { decodeHandoff, encodeHandoff } from './handoff.ts';
import { normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.anything({ withBigInt: true, withDate: true, withSparseArray: true }),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant(null)), { maxLength: 5 }),
  fc.constantFrom('\ud800', '__proto__', '0', '1', '-0', ' ', '/', '\\', 'a\\', '::', '1e400', '\u0000'),
);
const names = fc.constantFrom(...Object.keys(agentFields), '__proto__', 'constructor', 'unmapped', 'x.y');

/** A believable activity, with some fields replaced by nonsense. */
const hostile = fc
  .tuple(fc.constantFrom(...eventClassNames), fc.nat(), fc.array(fc.tuple(names, odd), { maxLength: 12 }))
  .map(([eventClass, at, changes]) => {
    const samples = sampleActivities(eventClass);
    const raw = { ...samples[at % samples.length]! };
    for (const [name, value] of changes) {
      Object.defineProperty(raw, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return { eventClass, raw };
  });

describe('hostile values', () => {
  it('never_crash_and_never_break_a_message', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(...ocsfVersions), ({ eventClass, raw }, ocsfVersion) => {
        const outcome = normalise(eventClass, ocsfVersion, coerceActivity(raw), { now: sampleTime });
        if (outcome.outcome !== 'ok') return;
        const row = outcome.value;
        const registration = registrationId('012345678901', eventClass);
        const where = {
          registration,
          generation: 1,
          sourcePartition: 0,
          sourceOffset: 5,
          sourceEpoch: 0,
          objectAccount: 'x',
        };
        const decoded = decodeHandoff(encodeHandoff({ eventClass, ocsfVersion, rows: [{ ...where, row }] }));
        expect(decoded.time[0]).toBe(row.time);
        expect(row.values.class_uid).toBe(eventClasses[eventClass].classUid);
      }),
      { numRuns: 60 },
    );
  });

  (schemasPresent ? it : it.skip)('never_make_a_row_that_is_not_valid', () => {
    const validators = new Map<string, ReturnType<typeof validatorOf>>();
    fc.assert(
      fc.property(hostile, fc.constantFrom(...ocsfVersions), ({ eventClass, raw }, version) => {
        const outcome = normalise(eventClass, version, coerceActivity(raw), { now: sampleTime });
        if (outcome.outcome !== 'ok') return;
        const key = `${eventClass} ${version}`;
        const errorsOf = validators.get(key) ?? validatorOf(eventClass, version);
        validators.set(key, errorsOf);
        expect(errorsOf(outcome.value)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('of_fields_nobody_knows_are_all_kept', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 })),
        (extra) => {
          const unknown = Object.entries(extra).filter(([name]) => !Object.hasOwn(agentFields, name));
          const raw = { ...Object.fromEntries(unknown), ...sampleActivities('dns-activity')[0]! };
          const outcome = normalise('dns-activity', '1.1.0', coerceActivity(raw), { now: sampleTime });
          if (outcome.outcome !== 'ok') throw new Error(outcome.outcome);
          for (const [name, value] of unknown) expect(outcome.value.values.unmapped).toHaveProperty([name], value);
        },
      ),
      { numRuns: 100 },
    );
  });
});
