import type { Step } from '@tributary/service';
import type { OwnedPartition } from './partition.ts';
import { collect } from './steps/collect.ts';
import { commit } from './steps/commit.ts';
import { cut } from './steps/cut.ts';
import { encode } from './steps/encode.ts';
import { fence } from './steps/fence.ts';
import { store } from './steps/store.ts';

/**
 * The way of one hand-off partition's rows into its customers' lakes. `takeOver` runs once when the partition becomes
 * ours, and again whenever it is unknown what is committed; then the window's steps run in order, for ever.
 */
export const takeOver: readonly Step<OwnedPartition>[] = [
  { name: 'fence', run: fence }, // former owners can't commit any more; read what is committed
];

/** One window of the partition, from its first message to its commit. */
export const window: readonly Step<OwnedPartition>[] = [
  { name: 'collect', run: collect }, // hand-off messages, without rows seen before, until the window is due
  { name: 'cut', run: cut }, // choose where it ends, and journal that before anything is put
  { name: 'encode', run: encode }, // one Parquet object per registration, generation, schema, account and day
  { name: 'store', run: store }, // put each under its customer's role, if nobody has yet
  { name: 'commit', run: commit }, // everything before the cut is durable: say so
];
