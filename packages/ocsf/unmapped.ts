import type { Activity } from '@tributary/schemas/kafka/activity.ts';

/** Longest string of a column or of a value in `unmapped`, in bytes of UTF-8. */
export const stringBytesMax = 262_144;
/** Largest `unmapped` of one row: keys and values together, in bytes of UTF-8. The mark of what was cut comes on top. */
export const unmappedBytesMax = 524_288;
/** The key in `unmapped` that says what was cut: `<column path>=<bytes before the cut>`, separated by `, `. */
export const truncatedKey = 'tributary.truncated';

const marksMax = 256;

/** What was cut in one row. */
export class Cuts {
  #marks: string[] = [];

  /** `text`, cut to `bytesMax` bytes between two code points; notes the cut under `path`. */
  cut(path: string, text: string, bytesMax = stringBytesMax): string {
    if (text.length * 3 <= bytesMax) return text;
    const bytes = Buffer.byteLength(text);
    if (bytes <= bytesMax) return text;
    this.#marks.push(`${path}=${bytes}`);
    return cutText(text, bytesMax);
  }

  /** How many cuts there are; with `forget`, takes back those of a value that wasn't used after all. */
  get count(): number {
    return this.#marks.length;
  }

  forget(count: number): void {
    this.#marks.length = count;
  }

  /** The value of the mark, or undefined where nothing was cut. */
  get mark(): string | undefined {
    const over = this.#marks.length - marksMax;
    if (over > 0) return `${this.#marks.slice(0, marksMax).join(', ')} and ${over} more`;
    return this.#marks.length === 0 ? undefined : this.#marks.join(', ');
  }
}

/** The longest beginning of `text` with at most `bytesMax` bytes of UTF-8, cut between two code points. */
function cutText(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  let end = Math.min(bytesMax, bytes.length);
  // Bytes 10xxxxxx continue a code point: step back to its first.
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** The text of an agent's value in `unmapped`: lists as JSON. */
export function unmappedText(value: Activity[keyof Activity]): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * The `unmapped` column of a row, within its bounds: values too long are cut, and once the whole is full the rest is
 * left out and noted. Undefined when there is nothing to keep.
 */
export function boundUnmapped(entries: ReadonlyMap<string, string>, cuts: Cuts): Record<string, string> | undefined {
  const kept: Record<string, string> = Object.create(null);
  let left = unmappedBytesMax;
  for (const [key, text] of entries) {
    const path = `unmapped.${key.length > 128 ? `${key.slice(0, 128).toWellFormed()}…` : key}`;
    const room = left - Buffer.byteLength(key);
    const value = room <= 0 ? '' : cuts.cut(path, text, Math.min(room, stringBytesMax));
    if (room > 0) kept[key] = value;
    else cuts.cut(path, text, 0);
    left = Math.max(0, room - Buffer.byteLength(value));
  }
  if (cuts.mark !== undefined) kept[truncatedKey] = cuts.mark;
  return Object.keys(kept).length === 0 ? undefined : kept;
}
