/**
 * Units in which a time arrives that should be ms since the epoch. The ranges of 2000 to 2100 in each unit don't meet, so a
 * number tells its unit by its size.
 */
interface TimeUnit {
  readonly name: 'seconds' | 'microseconds' | 'FILETIME' | 'nanoseconds';
  /** The first and the last value that is read in this unit. */
  readonly min: bigint;
  readonly max: bigint;
  readonly toMs: (value: bigint) => bigint;
}

/** 2000-01-01 and 2100-01-01 in seconds since 1970. */
const earliest = 946_684_800n;
const latest = 4_102_444_800n;
/** Seconds from 1601, where Windows begins to count, to 1970. */
const windowsEpoch = 11_644_473_600n;

const units: readonly TimeUnit[] = [
  { name: 'seconds', min: earliest, max: latest, toMs: (value) => value * 1000n },
  { name: 'microseconds', min: earliest * 1_000_000n, max: latest * 1_000_000n, toMs: (value) => value / 1000n },
  {
    name: 'FILETIME',
    min: (earliest + windowsEpoch) * 10_000_000n,
    max: (latest + windowsEpoch) * 10_000_000n,
    toMs: (value) => value / 10_000n - windowsEpoch * 1000n,
  },
  {
    name: 'nanoseconds',
    min: earliest * 1_000_000_000n,
    max: latest * 1_000_000_000n,
    toMs: (value) => value / 1_000_000n,
  },
];

/** Every whole number between these (exclusive) is ms, or no time at all: `timeInMs` would say nothing about it. */
export const plainTimes = { above: Number(latest), below: Number(earliest * 1_000_000n) } as const;

/**
 * What a time that was sent in another unit is in ms. `undefined`: it is in ms as it stands, or no time at all.
 * `ambiguous`: seconds of today, or ms of January 1970. Of a clock (`clock`) the second is impossible; the times of a file
 * are what somebody set them to, and may be that.
 */
export function timeInMs(value: number | bigint, clock: boolean): number | 'ambiguous' | undefined {
  if (typeof value === 'number' && value > plainTimes.above && value < plainTimes.below) return undefined;
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  const whole = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
  const unit = units.find(({ min, max }) => whole >= min && whole <= max);
  if (unit === undefined) return undefined;
  return unit.name === 'seconds' && !clock ? 'ambiguous' : Number(unit.toMs(whole));
}
