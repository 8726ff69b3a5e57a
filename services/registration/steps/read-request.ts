import { type EventClass, isEventClass } from '@tributary/schemas/event-classes.ts';
import { bodyCheck } from '../ajv.ts';
import { type DestinationBody, type RegistrationBody, readDestination } from '../destination.ts';
import type { Exchange } from '../pipeline.ts';
import { memberProblem, Problem } from '../problem.ts';

const checkRegistration = bodyCheck('RegistrationRequest');
const checkDestination = bodyCheck('DestinationRequest');
const checkEnd = bodyCheck('EndRequest');

/** Reads what a POST asks for: first the shape, by the OpenAPI document, then what the members mean together. */
export function readRegistration(exchange: Exchange): void {
  const { account, incoming, neighbours } = exchange;
  checkRegistration(incoming.body);
  const body = incoming.body as RegistrationBody;
  const destination = readDestination(body, neighbours.rules);
  exchange.wanted = { account, eventClass: body.eventClass, destination, ocsfVersion: neighbours.ocsfVersion };
}

/** Reads which registration the path names. */
export function readPath(exchange: Exchange): void {
  exchange.wanted = { account: exchange.account, eventClass: eventClassOf(exchange) };
}

/** Reads where a PUT wants a registration delivered from now on. */
export function readMove(exchange: Exchange): void {
  const { account, incoming, neighbours } = exchange;
  const eventClass = eventClassOf(exchange);
  checkDestination(incoming.body);
  const body = incoming.body as DestinationBody;
  refuseContradiction(body.eventClass, eventClass);
  exchange.wanted = { account, eventClass, destination: readDestination(body, neighbours.rules) };
}

/** Reads which event class a DELETE ends. Its body says nothing new, so it is only wrong when it contradicts the path. */
export function readEnd(exchange: Exchange): void {
  const { account, incoming } = exchange;
  const eventClass = eventClassOf(exchange);
  if (incoming.body !== undefined) {
    checkEnd(incoming.body);
    refuseContradiction((incoming.body as { eventClass?: EventClass }).eventClass, eventClass);
  }
  exchange.wanted = { account, eventClass };
}

function eventClassOf({ incoming }: Exchange): EventClass {
  const eventClass = incoming.eventClass ?? '';
  if (!isEventClass(eventClass)) throw new Problem('not-registered', 'There is no such event class.');
  return eventClass;
}

function refuseContradiction(named: EventClass | undefined, eventClass: EventClass): void {
  if (named === undefined || named === eventClass) return;
  const detail = `The body names ${named}, but the path ${eventClass}. Leave the member out, or name the same.`;
  throw memberProblem('contradicting-body', 'eventClass', detail);
}
