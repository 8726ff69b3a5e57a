/**
 * What the consumer writes into the metadata of its offset commits: everything of the source partition that was
 * appended up to this time (ms since the epoch, the broker's clock) and lies before the offset has been handed off.
 */
export interface SourceProgress {
  readonly appendedThrough: number;
}

/**
 * The metadata of a commit after a record that was appended at `appendedThrough` (undefined where nothing has been handed off
 * yet), by a consumer to which the topic is in source epoch `epoch`.
 */
export function encodeSourceProgress(appendedThrough: number | undefined, epoch = 0): string {
  return JSON.stringify({ appendedThrough, ...(epoch > 0 && { epoch }) });
}

/** What a commit's metadata says of time; undefined when it says nothing (another tool committed, or nothing is handed off yet). */
export function decodeSourceProgress(metadata: string): SourceProgress | undefined {
  const { appendedThrough } = fieldsOf(metadata);
  return Number.isSafeInteger(appendedThrough) ? { appendedThrough: appendedThrough as number } : undefined;
}

/** The source epoch of the consumer that committed; 0 when the metadata says nothing, as those of epoch 0 do. */
export function epochOfCommit(metadata: string): number {
  const { epoch } = fieldsOf(metadata);
  return Number.isSafeInteger(epoch) ? (epoch as number) : 0;
}

function fieldsOf(metadata: string): { readonly appendedThrough?: unknown; readonly epoch?: unknown } {
  try {
    return Object(JSON.parse(metadata));
  } catch {
    return {};
  }
}
