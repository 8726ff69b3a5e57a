/** What one run of a measure took, µs per event. */
export interface Timing {
  /** By the clock on the wall. */
  readonly wallUs: number;
  /** Of all threads of the process: what a busy machine does to the wall clock is left out. */
  readonly cpuUs: number;
}

/** What the rounds of one measure come to, µs per event. */
export interface Figures {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly cpuMedian: number;
  readonly rounds: number;
}

/** Ours divided by theirs: below 1 we are faster. */
export interface Ratio {
  /** Of the medians of the wall clock. */
  readonly wall: number;
  /** Of the medians of the processor's time. */
  readonly cpu: number;
  /** The smallest and largest ratio of the wall clock within one round. */
  readonly lowest: number;
  readonly highest: number;
}

/** The middle value, or the mean of the two in the middle. Throws a RangeError for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The figures of one measure. */
export function figuresOf(timings: readonly Timing[]): Figures {
  const wall = timings.map(({ wallUs }) => wallUs);
  return {
    median: median(wall),
    min: Math.min(...wall),
    max: Math.max(...wall),
    cpuMedian: median(timings.map(({ cpuUs }) => cpuUs)),
    rounds: timings.length,
  };
}

/** The ratio of two measures of the same rounds, in the order of the rounds. Throws a RangeError when those differ. */
export function ratioOf(ours: readonly Timing[], theirs: readonly Timing[]): Ratio {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} rounds against ${theirs.length}`);
  const perRound = ours.map(({ wallUs }, round) => wallUs / theirs[round]!.wallUs);
  const our = figuresOf(ours);
  const their = figuresOf(theirs);
  return {
    wall: our.median / their.median,
    cpu: our.cpuMedian / their.cpuMedian,
    lowest: Math.min(...perRound),
    highest: Math.max(...perRound),
  };
}
