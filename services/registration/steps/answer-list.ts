import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import { cursorOf, notOurs, readCursor, readLimit } from '../page.ts';
import type { Exchange } from '../pipeline.ts';
import { notReadYet } from '../problem.ts';
import { deliveryView, viewOf } from '../view.ts';
import { statusOf } from './answer.ts';

/** One page of the account's registrations, in the order of the event classes. */
export async function answerList(exchange: Exchange): Promise<void> {
  const { account, incoming, neighbours } = exchange;
  const limit = readLimit(incoming.limit);
  const after = positionOf(readCursor('registrations', incoming.cursor));
  const all = await neighbours.store.registrationsOf(account);
  const rest = all.filter(({ state, eventClass }) => state !== 'ended' && eventClassNames.indexOf(eventClass) > after);
  const page = rest.slice(0, limit);
  const registrations = await Promise.all(page.map(async (record) => viewOf(record, await statusOf(exchange, record))));
  const next = rest.length > limit ? { next: cursorOf('registrations', page.at(-1)!.eventClass) } : {};
  exchange.answer = { status: 200, body: { registrations, ...next } };
}

/** The position of the event class that the page before ended with; -1 for the first page. */
function positionOf(name: string | undefined): number {
  if (name === undefined) return -1;
  const position = eventClassNames.indexOf(name as EventClass);
  if (position < 0) throw notOurs();
  return position;
}

/** One page of what was delivered lately, newest first. */
export async function answerDeliveries(exchange: Exchange): Promise<void> {
  const { account, incoming, neighbours, wanted } = exchange;
  const limit = readLimit(incoming.limit);
  const list = `deliveries/${wanted.eventClass}`;
  const before = readPosition(readCursor(list, incoming.cursor));
  const page = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
  const found = await neighbours.deliveries.recent(registrationId(account, wanted.eventClass), page);
  if (found === undefined) throw notReadYet();
  const shown = found.slice(0, limit);
  const next = found.length > limit ? { next: cursorOf(list, String(shown.at(-1)!.position)) } : {};
  exchange.answer = { status: 200, body: { deliveries: shown.map(deliveryView), ...next } };
}

function readPosition(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw notOurs();
  return Number(text);
}
