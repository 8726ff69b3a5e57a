import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { registrationsPath } from '@tributary/schemas/rest/openapi.ts';
import { etagOf } from '../etag.ts';
import type { RegistrationStatus } from '../neighbours.ts';
import type { Exchange } from '../pipeline.ts';
import { viewOf } from '../view.ts';

/** 201 with the new registration, 200 when it was there. */
export async function answerRegistered(exchange: Exchange): Promise<void> {
  await answerOne(exchange);
  if (exchange.journalled === undefined) return;
  const { body, headers } = exchange.answer!;
  const location = `${registrationsPath}/${exchange.wanted.eventClass}`;
  exchange.answer = { status: 201, body, headers: { ...headers, location } };
}

/** 200 with the registration as it is now. */
export async function answerOne(exchange: Exchange): Promise<void> {
  const record = (exchange.next ?? exchange.existing)!;
  exchange.answer = {
    status: 200,
    body: viewOf(record, await statusOf(exchange, record)),
    headers: { etag: etagOf(record) },
  };
}

/** 200 with what would be; nothing was changed. */
export function answerDryRun(exchange: Exchange): void {
  const { existing, next } = exchange;
  exchange.answer = {
    status: 200,
    body: { dryRun: true, changes: next !== existing, registration: viewOf(next!) },
    headers: existing === undefined || existing.state === 'ended' ? {} : { etag: etagOf(existing) },
  };
}

/** 204: from now on nothing more is delivered. */
export function answerEnded(exchange: Exchange): void {
  exchange.answer = { status: 204 };
}

/** 200: the destination takes what we would deliver. */
export function answerProbed(exchange: Exchange): void {
  exchange.answer = { status: 200, body: { ok: true, at: new Date(exchange.neighbours.now()).toISOString() } };
}

/** How it fares; while nobody knows, the registration itself is still answered. */
export async function statusOf(
  { neighbours }: Exchange,
  record: RegistrationRecord,
): Promise<RegistrationStatus | undefined> {
  try {
    return await neighbours.statuses.of(record);
  } catch (error) {
    neighbours.log.warn({ err: error }, 'the status of a registration is not known');
    return undefined;
  }
}
