import { isEventClass } from '@tributary/schemas/event-classes.ts';
import { bodyCheck } from '../ajv.ts';
import { type RegistrationBody, readDestination } from '../destination.ts';
import type { Exchange } from '../pipeline.ts';
import { memberProblem, Problem } from '../problem.ts';

const checkRegistration = bodyCheck('RegistrationRequest');
const checkEnd = bodyCheck('EndRequest');

/** Reads what a POST asks for: first the shape, by the OpenAPI document, then what the members mean together. */
export function readRegistration(exchange: Exchange): void {
  const { account, incoming, neighbours } = exchange;
  checkRegistration(incoming.body);
  const body = incoming.body as RegistrationBody;
  const destination = readDestination(body, neighbours.rules);
  exchange.wanted = { account, eventClass: body.eventClass, destination, ocsfVersion: neighbours.ocsfVersion };
}

/** Reads which event class a DELETE ends. Its body says nothing new, so it is only wrong when it contradicts the path. */
export function readEnd(exchange: Exchange): void {
  const { account, incoming } = exchange;
  const eventClass = incoming.eventClass ?? '';
  if (!isEventClass(eventClass)) throw new Problem('not-registered', 'There is no such event class.');
  if (incoming.body !== undefined) {
    checkEnd(incoming.body);
    const { eventClass: named = eventClass } = incoming.body as { eventClass?: string };
    if (named !== eventClass) {
      const detail = `The body names ${named}, but the path ${eventClass}. Leave the body out, or name the same.`;
      throw memberProblem('contradicting-body', 'eventClass', detail);
    }
  }
  exchange.wanted = { account, eventClass };
}
