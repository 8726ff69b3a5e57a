import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { recordingRecords } from '@tributary/local/feed/sources.ts';
import { normalise } from '@tributary/ocsf';
import { schemasPresent } from '@tributary/ocsf/ajv.fixture.ts';
import { columnsChecker } from '@tributary/ocsf/columnar/columns.contract.ts';
import { judgeOf } from '@tributary/ocsf/judge.fixture.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';

const fileOf = (name: string) => join(repositoryRoot, '../shared/data/windows-events', `${name}.jsonl.gz`);
const recordings = ['wmic-add-user-backdoor', 'lsass-sharpdump'];
const present = schemasPresent && recordings.every((name) => existsSync(fileOf(name)));
if (!present) console.warn('Skipped: the recordings and OCSF’s schemas are not in ../shared/data');

(present ? describe : describe.skip)('every event of a recording', () => {
  it.each(recordings)(
    'is_a_valid_row_in_every_OCSF_version: %s',
    async (name) => {
      const judges = ocsfVersions.map((version) => ({
        version,
        judge: new Map(eventClassNames.map((eventClass) => [eventClass, judgeOf(eventClass, version)])),
      }));
      const wrong: unknown[] = [];
      let events = 0;
      const options = { run: 'validity', accounts: ['012345678901'], onSkipped: () => {} };
      for await (const { eventClass, payload, uuid } of recordingRecords(fileOf(name), options)) {
        if (!('activity' in payload)) throw new Error('a recording has activities only');
        events += 1;
        for (const { version, judge } of judges) {
          const outcome = normalise(eventClass, version, coerceActivity({ ...payload.activity }), { now: Date.now() });
          if (outcome.outcome !== 'ok') wrong.push({ uuid, version, outcome });
          else for (const fault of judge.get(eventClass)!(outcome.value)) wrong.push({ uuid, version, ...fault });
        }
      }
      expect(wrong.slice(0, 20)).toEqual([]);
      expect(events).toBeGreaterThan(1_000);
    },
    120_000,
  );

  it.each(recordings)(
    'has_columns_that_say_what_its_rows_say: %s',
    async (name) => {
      const now = Date.now();
      const batches = new Map(
        eventClassNames.map((eventClass) => [
          eventClass,
          { raws: [] as Activity[], check: columnsChecker(eventClass, now) },
        ]),
      );
      let events = 0;
      let rows = 0;
      const options = { run: 'columns', accounts: ['012345678901'], onSkipped: () => {} };
      for await (const { eventClass, payload } of recordingRecords(fileOf(name), options)) {
        if (!('activity' in payload)) throw new Error('a recording has activities only');
        events += 1;
        const batch = batches.get(eventClass)!;
        batch.raws.push({ ...payload.activity });
        if (batch.raws.length === 1_000) rows += batch.check(batch.raws.splice(0));
      }
      for (const { raws, check } of batches.values()) rows += check(raws);
      // One of the schemas that wrote them lacks fields that OCSF requires of some.
      expect(rows).toBeGreaterThan(events * ocsfVersions.length * 0.9);
    },
    120_000,
  );
});

type Activity = Readonly<Record<string, unknown>>;
