import { expect, it } from '@jest/globals';
import { flood } from './flood.ts';

const mebibyte = 1_048_576;
/** Of one process: what Node and its libraries take, the budget, and what the encoder and the collector of garbage need beside it. */
const residentMax = 800;

it('a_flood_with_stalled_lakes_stays_within_its_memory_keeps_its_membership_and_loses_nothing', async () => {
  const figures = await flood({
    events: 60_000,
    consumerMemoryMax: 16 * mebibyte,
    flusherMemoryMax: 32 * mebibyte,
    cutBytesMax: 4 * mebibyte,
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  expect(figures).toMatchObject({ delivered: 60_000, wrong: [], restarts: 0 });
  expect(figures.consumerResidentMax).toBeLessThan(residentMax);
  expect(figures.flusherResidentMax).toBeLessThan(residentMax);
}, 900_000);
