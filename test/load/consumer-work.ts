import { type Batch, portionsOf, type RoutedRow, type SourceBatch, startBatch } from '@tributary/consumer/batch.ts';
import type { Decoders, Neighbours } from '@tributary/consumer/neighbours.ts';
import { ocsfMapping } from '@tributary/consumer/ocsf-mapping.ts';
import { pipeline } from '@tributary/consumer/pipeline.ts';
import { registrationOf } from '@tributary/consumer/rig.fixture.ts';
import { decode } from '@tributary/consumer/steps/decode.ts';
import { match } from '@tributary/consumer/steps/match.ts';
import { normalise } from '@tributary/consumer/steps/normalise.ts';
import { publish } from '@tributary/consumer/steps/publish.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { createMetrics, silentLog } from '@tributary/service';
import type { OutgoingRecord } from '@tributary/stream';
import { account } from './events.ts';

/** A batch's events at the entrance of one step. The step empties the list that it reads, so each run gets a copy. */
export interface At<Event> {
  readonly source: SourceBatch;
  readonly events: readonly Event[];
}

/** The consumer's own steps, on a registry and a publisher in memory, with every class registered. */
export class ConsumerWork {
  readonly #neighbours: Neighbours;
  #published: OutgoingRecord[] = [];

  constructor(decoders: Decoders) {
    const registrations = new Map(eventClassNames.map((name) => [name, registrationOf(account, { eventClass: name })]));
    this.#neighbours = {
      decoders,
      subscriptions: { refresh: async () => {}, find: (_, eventClass) => registrations.get(eventClass) },
      mapping: ocsfMapping,
      publisher: {
        publish: async (records) => {
          this.#published.push(...records);
          return records.map(() => 0);
        },
      },
      member: { commit: async () => {} },
      metrics: createMetrics(),
      log: silentLog,
      now: Date.now,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      handoffPartitions: 1,
      epochOf: () => 0,
    };
  }

  /** The first step: bytes to activities, in portions as the service cuts them. */
  async decode(sources: readonly SourceBatch[]): Promise<Batch[]> {
    const batches = sources
      .flatMap((source) => [...portionsOf(source)])
      .map((one) => startBatch(one, this.#neighbours));
    for (const batch of batches) await decode(batch);
    return batches;
  }

  /** Looks the owners up; not measured, because there is one owner here. */
  async match(batches: readonly Batch[]): Promise<At<Batch['matched'][number]>[]> {
    for (const batch of batches) await match(batch);
    return batches.map((batch) => ({ source: batch, events: batch.matched }));
  }

  /** Activities to rows. */
  async normalise(inputs: readonly At<Batch['matched'][number]>[]): Promise<At<RoutedRow>[]> {
    const rows: At<RoutedRow>[] = [];
    for (const { source, events } of inputs) {
      const batch = { ...startBatch(source, this.#neighbours), matched: [...events] };
      await normalise(batch);
      rows.push({ source, events: batch.routed });
    }
    return rows;
  }

  /** Rows to the messages of the hand-off. */
  async publish(inputs: readonly At<RoutedRow>[]): Promise<OutgoingRecord[]> {
    this.#published = [];
    for (const { source, events } of inputs) {
      await publish({ ...startBatch(source, this.#neighbours), routed: [...events] });
    }
    return this.#published;
  }

  /** The whole pipeline, portion after portion, as the service runs it: a portion's events are garbage when the next one comes. */
  async run(sources: readonly SourceBatch[]): Promise<OutgoingRecord[]> {
    this.#published = [];
    for (const portion of sources.flatMap((source) => [...portionsOf(source)])) {
      const batch = startBatch(portion, this.#neighbours);
      for (const step of pipeline) await step.run(batch);
    }
    return this.#published;
  }
}
