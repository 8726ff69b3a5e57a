/** The number of a text in a heap. */
export type TextId = number;

/** No text: the value of a column in a row that doesn't have it. */
export const absent = -1;

const encoder = new TextEncoder();
const shortText = 64;

/**
 * The texts of one batch, as valid UTF-8 in one buffer. A text is named by its number; the same text may be there more
 * than once, and texts may overlap (the name of a file lies within its path). It is used for batch after batch: after
 * `clear` its memory is kept, up to a bound, and its numbers mean nothing any more.
 */
export class TextHeap {
  /** Where the texts are. Replaced when it grows: don't hold on to it across an `add`. */
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  /** First byte of each text, and the byte behind its last. Replaced when they grow. */
  starts = new Int32Array(1 << 10);
  ends = new Int32Array(1 << 10);
  /** How many texts there are: their numbers are below. */
  size = 0;
  #used = 0;
  /** The same bytes, for their method that decodes. */
  #buffer = Buffer.from(this.bytes.buffer);

  /** Copies `source[from, to)`, which must be valid UTF-8. */
  addBytes(source: Uint8Array, from: number, to: number): TextId {
    const at = this.reserve(to - from);
    this.bytes.set(source.subarray(from, to), at);
    return this.added(at, to - from);
  }

  /** Encodes a text; halves of surrogate pairs become U+FFFD. */
  add(text: string): TextId {
    const { length } = text;
    const at = this.reserve(length * 3);
    // The encoder's call costs more than a short text does.
    if (length <= shortText) {
      const { bytes } = this;
      let written = 0;
      for (; written < length; written++) {
        const unit = text.charCodeAt(written);
        if (unit > 127) break;
        bytes[at + written] = unit;
      }
      if (written === length) return this.added(at, length);
    }
    const { written } = encoder.encodeInto(text, this.bytes.subarray(at));
    return this.added(at, written);
  }

  /** Writes a whole number in decimal. */
  addInteger(value: number): TextId {
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) return this.add(String(value));
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits++;
    const at = this.reserve(digits);
    const { bytes } = this;
    let rest = value;
    for (let place = at + digits - 1; place >= at; place--) {
      const next = Math.floor(rest / 10);
      // The difference first: the sum could be beyond what a number holds exactly.
      bytes[place] = rest - next * 10 + 48;
      rest = next;
    }
    return this.added(at, digits);
  }

  /** A part of a text: bytes `[from, to)` of the buffer, between two characters. */
  addPart(from: number, to: number): TextId {
    return this.#entry(from, to);
  }

  /**
   * Takes `length` bytes of the buffer, for the caller to fill, and says where. They need not be text: only the parts that
   * are then added have to be.
   */
  claim(length: number): number {
    const at = this.reserve(length);
    this.#used = at + length;
    return at;
  }

  /** Adds `count` parts, numbered from the answer on: bytes `[starts[i], ends[i])` of the buffer. */
  addParts(starts: Int32Array, ends: Int32Array, count: number): TextId {
    const first = this.size;
    while (first + count > this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts.set(starts.subarray(0, count), first);
    this.ends.set(ends.subarray(0, count), first);
    this.size = first + count;
    return first;
  }

  /** Makes room for `length` bytes and 8 more (copies may overshoot) and says where. Follow it with `added`. */
  reserve(length: number): number {
    const needed = this.#used + length + 8;
    if (needed > this.bytes.length) this.#grow(needed);
    return this.#used;
  }

  /** Books the text that was written at `at`, the answer of `reserve`. */
  added(at: number, length: number): TextId {
    this.#used = at + length;
    return this.#entry(at, at + length);
  }

  /** The text, decoded. */
  text(id: TextId): string {
    return this.#buffer.toString('utf8', this.starts[id], this.ends[id]);
  }

  /** Forgets all texts. Gives memory back where a batch needed far more than the next one will. */
  clear(): void {
    this.size = 0;
    this.#used = 0;
    if (this.bytes.length > keptBytesMax) {
      this.bytes = new Uint8Array(1 << 16);
      this.view = new DataView(this.bytes.buffer);
      this.#buffer = Buffer.from(this.bytes.buffer);
    }
    if (this.starts.length > keptTextsMax) {
      this.starts = new Int32Array(1 << 10);
      this.ends = new Int32Array(1 << 10);
    }
  }

  #entry(from: number, to: number): TextId {
    const id = this.size++;
    if (id === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[id] = from;
    this.ends[id] = to;
    return id;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, needed));
    bytes.set(this.bytes.subarray(0, this.#used));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.#buffer = Buffer.from(bytes.buffer);
  }
}

/** What is kept from batch to batch: as much as an ordinary batch of 10,000 events needs. */
const keptBytesMax = 64 * 1024 * 1024;
const keptTextsMax = 4 * 1024 * 1024;

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
