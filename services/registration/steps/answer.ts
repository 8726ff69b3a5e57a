import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { listLimit } from '@tributary/schemas/rest/openapi.ts';
import type { Exchange } from '../pipeline.ts';
import { Problem } from '../problem.ts';

/** 201 with the new registration, 200 when it was there. */
export function answerRegistered(exchange: Exchange): void {
  const status = exchange.journalled === undefined ? 200 : 201;
  exchange.answer = { status, body: viewOf(exchange.next!) };
}

/** 204: from now on nothing more is delivered. */
export function answerEnded(exchange: Exchange): void {
  exchange.answer = { status: 204 };
}

/** One page of the account's active registrations, in the order of the event classes. */
export async function answerList(exchange: Exchange): Promise<void> {
  const { account, incoming, neighbours } = exchange;
  const limit = readLimit(incoming.limit);
  const after = readCursor(incoming.cursor);
  const all = await neighbours.store.registrationsOf(account);
  const rest = all.filter(({ state, eventClass }) => state === 'active' && eventClassNames.indexOf(eventClass) > after);
  const page = rest.slice(0, limit);
  const next = rest.length > limit ? { next: cursorAfter(page.at(-1)!) } : {};
  exchange.answer = { status: 200, body: { registrations: page.map(viewOf), ...next } };
}

/** What a customer sees of a registration. */
function viewOf({ eventClass, destination, state, createdAt, changedAt }: RegistrationRecord) {
  const { providerAccountID, bucketName, prefix, roleARN } = destination;
  return {
    eventClass,
    providerAccountID,
    bucketName,
    prefix,
    roleARN,
    state,
    created: createdAt,
    lastModified: changedAt,
  };
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return listLimit.default;
  const limit = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= listLimit.max) return limit;
  throw new Problem('invalid-query', `limit must be a whole number from 1 to ${listLimit.max}.`);
}

/** The position of the event class that the page before ended with; -1 for the first page. */
function readCursor(text: string | undefined): number {
  if (text === undefined) return -1;
  const name = Buffer.from(text, 'base64url').toString('utf8');
  const position = eventClassNames.indexOf(name as EventClass);
  if (position >= 0) return position;
  throw new Problem('invalid-query', 'cursor is not one that a list answered as next.');
}

function cursorAfter({ eventClass }: RegistrationRecord): string {
  return Buffer.from(eventClass).toString('base64url');
}
