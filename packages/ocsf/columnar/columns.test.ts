import { columnsSayWhatRowsSay, repeatsSayWhatRowsSay } from './columns.contract.ts';

// A few, for a quick check; test/integration has a hundred thousand.
columnsSayWhatRowsSay({ seed: 20_261_124, count: 1_500, batchSizes: [1, 7, 10_000], timeoutMs: 300_000 });
repeatsSayWhatRowsSay({ seed: 3, count: 400, batchSizes: [400], timeoutMs: 300_000 });
