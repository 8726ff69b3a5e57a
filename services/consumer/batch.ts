import type { HandoffRow } from '@tributary/ocsf';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode, StepOutcome } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfVersion, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { StreamRecord, TopicPartition } from '@tributary/stream/stream.ts';
import type { Neighbours } from './neighbours.ts';

/** A record whose value is an activity. */
export interface DecodedEvent {
  readonly record: StreamRecord;
  readonly activity: Activity;
}

/** An activity whose owner wants it. */
export interface MatchedEvent extends DecodedEvent {
  readonly registration: RegistrationRecord;
}

/** An event on its way to the hand-off. From here on the row is all that is left of it. */
export interface RoutedRow {
  readonly record: StreamRecord;
  readonly handoffPartition: number;
  readonly ocsfVersion: OcsfVersion;
  readonly row: HandoffRow;
}

/** An event that can't be delivered, kept with the reason. */
export interface Rejection {
  readonly record: StreamRecord;
  readonly fault: FaultCode;
  readonly reason: string;
  /** The account that owns it, where a registration wants it. */
  readonly account?: string;
}

/** Records of one source partition, in offset order. */
export interface SourceBatch extends TopicPartition {
  readonly eventClass: EventClass;
  readonly records: readonly StreamRecord[];
}

/**
 * What the steps work on: a source batch and what has become of its events so far. The lists of events are
 * in source-offset order; a step empties the list that it reads, so an event is held in one form only.
 */
export interface Batch extends SourceBatch {
  readonly neighbours: Neighbours;
  /** When work on it began, ms since the epoch. */
  readonly startedAt: number;
  decoded: DecodedEvent[];
  matched: MatchedEvent[];
  routed: RoutedRow[];
  readonly rejected: Rejection[];
  /** How many events were dropped, by reason. */
  readonly dropped: Map<string, number>;
  /** Rows that have been handed off. */
  rowsPublished: number;
  /** Something of it may have landed: from here on only the committed offset says where to start again. */
  sending: boolean;
}

/** A batch at the start of its way. */
export function startBatch(source: SourceBatch, neighbours: Neighbours): Batch {
  return {
    ...source,
    neighbours,
    startedAt: neighbours.now(),
    decoded: [],
    matched: [],
    routed: [],
    rejected: [],
    dropped: new Map(),
    rowsPublished: 0,
    sending: false,
  };
}

/** Events worked on between two turns of the event loop: at 0.1 ms each, no heartbeat has to wait longer than 50 ms. */
export const sliceEvents = 500;

/**
 * Asks `judge` about each event in order, books those that are dropped or rejected, and answers what became of the
 * others. Empties `events` as it goes. A throw ends it: it says nothing about the event.
 */
export async function judgeEach<
  In extends { readonly record: StreamRecord; readonly registration?: RegistrationRecord },
  Out,
>(batch: Batch, events: readonly In[], judge: (event: In) => StepOutcome<Out>): Promise<Out[]> {
  const kept: Out[] = [];
  const waiting = events as (In | undefined)[];
  for (const [index, event] of events.entries()) {
    if (index > 0 && index % sliceEvents === 0) await batch.neighbours.turn();
    const answer = judge(event);
    waiting[index] = undefined;
    if (answer.outcome === 'ok') kept.push(answer.value);
    else if (answer.outcome === 'drop') batch.dropped.set(answer.reason, (batch.dropped.get(answer.reason) ?? 0) + 1);
    else batch.rejected.push({ record: event.record, fault: answer.fault, reason: answer.reason, ...ownerOf(event) });
  }
  return kept;
}

function ownerOf({ registration }: { readonly registration?: RegistrationRecord }): { readonly account?: string } {
  return registration === undefined ? {} : { account: registration.account };
}

/** How much of a fetched batch goes through the pipeline at once; a value may be far larger than it was on the wire. */
export const portionLimits = { records: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** Cuts a fetched batch, in order, into portions that are each handed off and committed before the next one starts. */
export function* portionsOf(
  source: SourceBatch,
  limits: { readonly records: number; readonly bytes: number } = portionLimits,
): Generator<SourceBatch> {
  let from = 0;
  let bytes = 0;
  for (const [index, { value }] of source.records.entries()) {
    const size = value?.length ?? 0;
    if (index > from && (index - from >= limits.records || bytes + size > limits.bytes)) {
      yield { ...source, records: source.records.slice(from, index) };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  yield { ...source, records: source.records.slice(from) };
}
