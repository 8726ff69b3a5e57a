import { columnsSayWhatRowsSay, repeatsSayWhatRowsSay } from '@tributary/ocsf/columnar/columns.contract.ts';
import { randomActivitiesKeepThePromise } from '@tributary/ocsf/random-activities.contract.ts';

// Needs no neighbour, but more time than a unit test has.
randomActivitiesKeepThePromise({ seed: 1, count: 100_000, timeoutMs: 300_000 });
columnsSayWhatRowsSay({ seed: 2, count: 100_000, batchSizes: [250], timeoutMs: 300_000 });
for (const seed of [11, 12, 13, 14, 15]) {
  repeatsSayWhatRowsSay({ seed, count: 2_000, batchSizes: [1_000], timeoutMs: 300_000 });
}
