import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeHandoff } from '@tributary/ocsf';
import { rowOf } from '@tributary/ocsf/columnar/row-of.fixture.ts';
import { fileActivity, Rig, registrationOf } from './rig.fixture.ts';

const acme = '111111111111';

describe('events with names that nobody knows', () => {
  let rig: Rig;
  afterEach(() => rig.stop());

  it('keep_what_they_say_and_cost_no_more_memory_than_their_bytes', async () => {
    rig = new Rig();
    await rig.register(registrationOf(acme));
    const events = Array.from({ length: 300 }, (_, event) => {
      const invented = Array.from({ length: 100 }, (_, field) => [`field ${event} ${field}`, `value ${event}`]);
      return fileActivity(acme, Object.fromEntries(invented));
    });
    await rig.feed(0, ...events);
    // A column of 300 rows for each of the 30,000 names would be 36 MB and more.
    const before = process.memoryUsage().arrayBuffers;
    await rig.start();
    await rig.drained();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 1024 * 1024);
    const rows = rig.messages().flatMap(({ record }) => {
      const { batch } = decodeHandoff(record.value!);
      return Array.from({ length: batch.numRows }, (_, row) => rowOf(batch, row));
    });
    expect(rows).toHaveLength(300);
    for (const [event, row] of rows.entries()) {
      expect(row.sourceOffset).toBe(event);
      expect(row.unmapped).toMatchObject({
        [`field ${event} 0`]: `value ${event}`,
        [`field ${event} 99`]: `value ${event}`,
      });
    }
  });
});
