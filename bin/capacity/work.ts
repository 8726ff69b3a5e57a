import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import type { Demand } from './demand.ts';
import { measured } from './measured.ts';

/** What a stream of events makes the services do, a second of it. CPU in µs of one thread. */
export interface Work {
  /** Hand-off messages: a batch of an agent partition makes one for each hand-off partition that it has rows of. */
  readonly messages: number;
  readonly objects: number;
  readonly consumerMicros: number;
  /** Of the flushers' main threads. */
  readonly collectMicros: number;
  /** Of the flushers' encoding threads. */
  readonly encodeMicros: number;
  /** Before compression. */
  readonly handoffBytes: number;
}

/**
 * The work of so many events a second. A message and an object cost something whatever they hold, so that few events are dear: a
 * message as much as two hundred of its rows.
 */
export function workOf(demand: Demand, eventsPerSecond: number): Work {
  const { classes, registrations, accounts, jsonShare, windowSeconds, lingerSeconds } = demand;
  const layout = clusterLayouts[demand.layout];
  const batches = Math.min(eventsPerSecond, (layout.agentPartitions * classes) / lingerSeconds);
  const ownersOfBatch = Math.min(layout.handoffPartitions, registrations / classes, eventsPerSecond / batches);
  const messages = batches * Math.max(1, ownersOfBatch);
  const objects = Math.min(eventsPerSecond, (registrations * accounts) / windowSeconds);
  const { consumerMicros, message, object } = measured;
  const read = consumerMicros.avro + jsonShare * (consumerMicros.json - consumerMicros.avro);
  return {
    messages,
    objects,
    consumerMicros: eventsPerSecond * read + messages * message.consumerMicros,
    collectMicros: eventsPerSecond * measured.collectMicros + messages * message.collectMicros,
    encodeMicros:
      eventsPerSecond * measured.encodeMicros + messages * message.encodeMicros + objects * object.encodeMicros,
    handoffBytes: eventsPerSecond * measured.handoffBytes + messages * message.bytes,
  };
}
