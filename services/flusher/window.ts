/** When a window is cut: at the end of its interval of the clock, or early at a limit. All times in ms since the epoch. */
export interface WindowLimits {
  readonly windowMs: number;
  /** The cut comes early at so many bytes of collected hand-off messages. */
  readonly cutBytesMax: number;
  /** … or when one registration would need more objects than this. */
  readonly objectsPerRegistrationMax: number;
}

/** What has been collected since the committed offset. */
export interface WindowContents {
  readonly openedAt: number;
  readonly bytes: number;
  /** The largest number of (account, day, schema) combinations of one registration. */
  readonly objectsOfOneRegistration: number;
}

export type CutReason = 'window ended' | 'byte budget' | 'object limit';

const spreadMsMax = 5_000;

/** How much later than the clock's interval this partition cuts, so that not all put at the same moment: below 5 s and below a tenth of the window. */
export function spreadOf(partitionIndex: number, windowMs: number): number {
  const bound = Math.min(spreadMsMax, Math.floor(windowMs / 10));
  return bound === 0 ? 0 : (partitionIndex * 397) % bound;
}

/** When a window that was opened at `openedAt` ends: the first end of an interval of the clock, plus `spreadMs`, after it. */
export function windowEnd(openedAt: number, windowMs: number, spreadMs: number): number {
  return (Math.floor((openedAt - spreadMs) / windowMs) + 1) * windowMs + spreadMs;
}

/**
 * Why the window must be cut now, or undefined while it stays open. One that was opened later than now was opened by a
 * clock that has been set back since, or by another machine's: to wait for its end could take hours.
 */
export function cutReason(
  contents: WindowContents,
  limits: WindowLimits,
  spreadMs: number,
  now: number,
): CutReason | undefined {
  if (contents.bytes >= limits.cutBytesMax) return 'byte budget';
  if (contents.objectsOfOneRegistration > limits.objectsPerRegistrationMax) return 'object limit';
  const isDue = now >= windowEnd(contents.openedAt, limits.windowMs, spreadMs);
  return isDue || now < contents.openedAt ? 'window ended' : undefined;
}
