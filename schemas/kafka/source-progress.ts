/**
 * What the consumer writes into the metadata of its offset commits: everything of the source partition that was
 * appended up to this time (ms since the epoch, the broker's clock) and lies before the offset has been handed off.
 */
export interface SourceProgress {
  readonly appendedThrough: number;
}

/** The metadata of a commit after a record that was appended at `appendedThrough`. */
export function encodeSourceProgress(appendedThrough: number): string {
  return JSON.stringify({ appendedThrough } satisfies SourceProgress);
}

/** What a commit's metadata says; undefined when it says nothing (another tool committed). */
export function decodeSourceProgress(metadata: string): SourceProgress | undefined {
  try {
    const { appendedThrough } = JSON.parse(metadata) as Partial<SourceProgress>;
    return Number.isSafeInteger(appendedThrough) ? { appendedThrough: appendedThrough as number } : undefined;
  } catch {
    return undefined;
  }
}
