import { parseJsonObject } from '@tributary/consumer/json-object.ts';
import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';

/** One event of a file, as parsed JSON: whole numbers beyond 2^53 are bigints. */
export type RawEvent = Readonly<Record<string, unknown>>;

/**
 * The events in the bytes of a file: one JSON object, or one on each line. Throws an Error that names the line and says
 * what is wrong with it, in words for the person who wrote the file.
 */
export function eventsIn(bytes: Buffer): RawEvent[] {
  if (bytes.length === 0)
    throw new Error('The file is empty. It must hold an event as a JSON object, or one on each line.');
  if (bytes[0] === 0) throw new Error('The file begins like Avro. Decode it first: explain reads JSON.');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new Error('The file is packed (gzip). Unpack it first: gunzip -c FILE | npx tributary explain -');
  const whole = parseJsonObject(bytes);
  if (whole.outcome === 'ok') return [whole.value];
  const lines = bytes
    .toString()
    .split('\n')
    .map((text, index) => ({ text: text.trim(), line: index + 1 }))
    .filter(({ text }) => text !== '');
  const [first] = lines;
  if (first?.text.startsWith('['))
    throw new Error('The file holds a list. Write its events one on each line (jq -c .[]).');
  // An object over many lines with a mistake in it, not one that each line holds.
  if (lines.length > 1 && parseJsonObject(Buffer.from(first!.text)).outcome !== 'ok') throw notJson('The file', whole);
  return lines.map(({ text, line }) => {
    const one = parseJsonObject(Buffer.from(text));
    if (one.outcome === 'ok') return one.value;
    throw notJson(`Line ${line}`, one);
  });
}

function notJson(what: string, { outcome, ...answer }: ReturnType<typeof parseJsonObject>): Error {
  const reason = 'reason' in answer ? answer.reason : outcome;
  return new Error(`${what} is not a JSON object (${reason}).`);
}

/** The class that an event says it is of, by its `eventId`. Throws an Error that says what is allowed. */
export function classOf(raw: RawEvent): EventClass {
  const found = eventClassNames.find((name) => String(eventClasses[name].agentEventId) === String(raw.eventId));
  if (found !== undefined) return found;
  const known = eventClassNames.map((name) => `${eventClasses[name].agentEventId} ${name}`).join(', ');
  const said =
    raw.eventId === undefined ? 'The event has no eventId' : `The event’s eventId is ${JSON.stringify(raw.eventId)}`;
  throw new Error(`${said}. Known are ${known}. Name its class with --class.`);
}
