import type { Producer } from './producer.ts';
import type { OffsetSampler } from './samplers.ts';
import type { PlannedFault } from './schedule.ts';
import type { LoggedRecord } from './verdict.ts';
import type { World } from './world.ts';

/** What faults are made with. */
export interface Acting {
  readonly world: World;
  readonly producer: Pick<Producer, 'hold' | 'release'>;
  readonly offsets: Pick<OffsetSampler, 'ignore' | 'watch'>;
  /** When each agent topic was made anew, ms since the epoch. */
  readonly incarnations: Map<string, number[]>;
  /** What lay in topics before they were made anew. */
  readonly kept: LoggedRecord[];
  /** What a fault itself found wrong, a sentence each. */
  readonly violations: string[];
  /** Resolves after so many ms, or at once when the run is to end: then all is healed. */
  lasting(ms: number): Promise<void>;
}

/** One kind of fault: what it needs for itself, and how it is made and healed. */
export interface Action {
  needs(fault: PlannedFault): readonly string[];
  /** Makes it, lets it last, and heals it; answers what a person should know. */
  run(fault: PlannedFault, acting: Acting): Promise<string | undefined>;
}

/** A fault that could not be made here, or not now. Nothing was changed. */
export class LeftOut extends Error {}
