/** How fast a region lives: everything that the rules wait for follows from it. */
export interface Pace {
  /** The flushers' WINDOW_SECONDS. */
  readonly windowSeconds: number;
  /** 1 where operators are woken. Below 1 every range and every wait shrinks by it, so that a test needs not wait for hours. */
  readonly scale: number;
  /** No range is shorter than this, whatever the scale: a rate needs several scrapes. */
  readonly rangeSecondsMin: number;
}

/** Windows of five minutes, scraped every 15 seconds. */
export const productionPace: Pace = { windowSeconds: 300, scale: 1, rangeSecondsMin: 60 };

/** `seconds` as Prometheus writes a duration. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole > 0 && whole % 86_400 === 0) return `${whole / 86_400}d`;
  if (whole > 0 && whole % 3_600 === 0) return `${whole / 3_600}h`;
  if (whole > 0 && whole % 60 === 0) return `${whole / 60}m`;
  return `${whole}s`;
}

/** The range of a rate over `seconds` at this pace. */
export function range(seconds: number, { scale, rangeSecondsMin }: Pace): string {
  return duration(Math.max(rangeSecondsMin, seconds * scale));
}

/** How long a condition must hold for `seconds` at this pace. */
export function held(seconds: number, { scale }: Pace): string {
  return duration(seconds * scale);
}
