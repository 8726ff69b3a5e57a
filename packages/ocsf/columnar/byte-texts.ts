import { isUtf8 } from 'node:buffer';
import type { ByteDictionary } from './byte-dictionary.ts';
import type { TextHeap } from './text-heap.ts';

/**
 * Adds the entries of a dictionary (one that looks for ASCII) of texts in the heap's own buffer as texts; `texts` gets their numbers. What isn't
 * UTF-8 is repaired as Node's decoder does it.
 */
export function addTexts({ starts, ends, size, notAscii }: ByteDictionary, heap: TextHeap, texts: Int32Array): void {
  const { bytes } = heap;
  const first = heap.addParts(starts, ends, size);
  for (let entry = 0; entry < size; entry++) texts[entry] = first + entry;
  for (const entry of notAscii) {
    const start = starts[entry]!;
    const end = ends[entry]!;
    if (isUtf8(bytes.subarray(start, end))) continue;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    texts[entry] = heap.add(buffer.toString('utf8', start, end));
  }
}

/** Whether all bytes are below 128. Looks at up to 7 bytes behind `end`. */
export function isAscii(view: DataView, start: number, end: number): boolean {
  let p = start;
  for (const last = end - 8; p <= last; p += 8) {
    if (((view.getInt32(p, true) | view.getInt32(p + 4, true)) & 0x80808080) !== 0) return false;
  }
  for (; p < end; p++) if (view.getUint8(p) > 127) return false;
  return true;
}
