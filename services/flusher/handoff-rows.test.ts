import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { encodeHandoff } from '@tributary/ocsf';
import { normalise } from '@tributary/ocsf/normalise.ts';
import { sampleActivities, sampleTime } from '@tributary/ocsf/samples.fixture.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { handoffHeaders } from '@tributary/schemas/kafka/handoff.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import { arrivedSections } from './handoff-rows.ts';

const eventClass = 'process-activity';
const owner = registrationId('012345678901', eventClass);

/** A message of as many rows as there are samples. */
function message() {
  const rows = sampleActivities(eventClass).map((raw, at) => {
    const outcome = normalise(eventClass, '1.1.0', coerceActivity(raw), { now: sampleTime });
    if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
    const origin = { generation: 2, sourcePartition: 3, sourceOffset: 2 ** 40 + at, sourceEpoch: 4 };
    return { registration: owner, objectAccount: `external_${at % 2}`, ...origin, row: outcome.value };
  });
  const headers = {
    [handoffHeaders.ocsfVersion]: Buffer.from('1.1.0'),
    [handoffHeaders.schemaFingerprint]: Buffer.from('f1'),
  };
  return { headers, value: encodeHandoff({ eventClass, ocsfVersion: '1.1.0', rows }) };
}

it('has the rows of a section, by their number', () => {
  const [section] = arrivedSections(message());
  const { rows } = section!;
  expect(rows.length).toBeGreaterThan(1);
  expect([rows.registration(1), rows.objectAccount(0), rows.objectAccount(1)]).toEqual([
    owner,
    'external_0',
    'external_1',
  ]);
  expect([rows.generation(1), rows.sourcePartition(1), rows.sourceOffset(1), rows.sourceEpoch(1)]).toEqual([
    2,
    3,
    2 ** 40 + 1,
    4,
  ]);
  expect(rows.time(0)).toBeGreaterThan(Date.UTC(2020, 0));
});

it('takes little memory beside its bytes while a window holds it, as a window may have thousands', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const one = message();
  const held = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const kept = [arrivedSections(one)];
  const before = held();
  for (let count = 0; count < 200; count++) kept.push(arrivedSections(one));
  // 250 KB where the objects of Arrow stay reachable.
  expect((held() - before) / 200).toBeLessThan(10_000);
  expect(kept).toHaveLength(201);
});
