import type { StepOutcome } from '@tributary/schemas/faults.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const openingBrace = 0x7b;
const whitespace = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** 2^53 has 16 digits: only a number as long as that can be changed by becoming a JavaScript number. */
const mayBeUnsafe = /\d{16}/;
const integer = /^-?\d+$/;

/**
 * The JSON object in `value` (UTF-8, with or without a byte order mark). A whole number that JavaScript can't hold
 * comes as a bigint, as it does from Avro. Rejects `not-an-activity` when it is no object, `undecodable-json` when it
 * begins like one and isn't.
 */
export function parseJsonObject(value: Buffer): StepOutcome<Readonly<Record<string, unknown>>> {
  if (!opensAnObject(value)) {
    return { outcome: 'reject', fault: 'not-an-activity', reason: 'neither the magic byte 0 nor a JSON object' };
  }
  try {
    const text = utf8.decode(value);
    return { outcome: 'ok', value: JSON.parse(text, mayBeUnsafe.test(text) ? keepWhole : undefined) };
  } catch (error) {
    // The parser's message quotes the text around the mistake.
    const reason = error instanceof SyntaxError ? error.message : 'not UTF-8';
    return { outcome: 'reject', fault: 'undecodable-json', reason };
  }
}

function opensAnObject(value: Buffer): boolean {
  let at = value.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
  while (at < value.length && whitespace.has(value[at]!)) at++;
  return value[at] === openingBrace;
}

function keepWhole(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return integer.test(source) ? BigInt(source) : value;
}
