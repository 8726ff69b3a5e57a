import { randomActivitiesKeepThePromise } from '@tributary/ocsf/random-activities.contract.ts';

// Needs no neighbour, but more time than a unit test has.
randomActivitiesKeepThePromise({ seed: 1, count: 100_000, timeoutMs: 300_000 });
