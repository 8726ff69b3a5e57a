import type { Step } from '@tributary/service';
import type { Batch } from './batch.ts';
import { commit } from './steps/commit.ts';
import { decode } from './steps/decode.ts';
import { match } from './steps/match.ts';
import { normalise } from './steps/normalise.ts';
import { publish } from './steps/publish.ts';

/**
 * The way of a batch of one source partition to the hand-off (`intake.ts` hands it in). A step that throws ends the run before anything after it
 * happens, so an offset is committed only when every event before it is durable (invariant 1).
 */
export const pipeline: readonly Step<Batch>[] = [
  { name: 'decode', run: decode }, // Avro or JSON becomes an activity, in one form
  { name: 'match', run: match }, // whose is it, and does its owner want it?
  { name: 'normalise', run: normalise }, // the activity becomes a row of OCSF
  { name: 'publish', run: publish }, // rows to their hand-off partitions, the rest to `rejected`
  { name: 'commit', run: commit }, // all of it is durable: say so
];
