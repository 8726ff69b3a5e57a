import { startBatch } from '@tributary/consumer/batch.ts';
import type { Decoders, Neighbours } from '@tributary/consumer/neighbours.ts';
import { decode } from '@tributary/consumer/steps/decode.ts';
import { match } from '@tributary/consumer/steps/match.ts';
import { normalise } from '@tributary/consumer/steps/normalise.ts';
import { publish } from '@tributary/consumer/steps/publish.ts';
import type { Workspace, Workspaces } from '@tributary/consumer/workspace.ts';
import type { ArrivedSection } from '@tributary/flusher/collector.ts';
import { arrivedSections } from '@tributary/flusher/handoff-rows.ts';
import { rejectedHeaders } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { createMetrics, type Log } from '@tributary/service';
import type { OutgoingRecord, StreamRecord } from '@tributary/stream';

/** What a conversion is made of. */
export interface ConversionParts {
  /** The registration whose events are wanted: its account, class, generation and OCSF version. */
  readonly wanted: RegistrationRecord;
  readonly decoders: Decoders;
  readonly workspaces: Workspaces;
  readonly log: Log;
  readonly now: () => number;
}

/** What of some records belongs to the registration. */
export interface Converted {
  /** Rows as a consumer hands them off. */
  readonly messages: readonly ArrivedSection[];
  /** Bytes of its events as they arrived. */
  readonly bytes: number;
  /** Its events that can't be delivered, as a consumer found too: they are in `rejected`. */
  readonly rejected: number;
}

const everythingInOne = 1;

/**
 * Turns records of an agent topic into hand-off rows of one registration, by the very steps of the consumer, but hands
 * nothing off: what it would publish is kept here, and nothing is committed.
 *
 * INVARIANT 4 (no tenant sees another): only the wanted registration is known here, so every other account's event is
 * dropped; and each row that came out is looked at again.
 */
export class Conversion {
  readonly #parts: ConversionParts;
  readonly #workspace: Workspace;
  #kept: OutgoingRecord[] = [];
  readonly #neighbours: Neighbours;

  constructor(parts: ConversionParts) {
    this.#parts = parts;
    this.#workspace = parts.workspaces.take(parts.wanted.eventClass);
    this.#neighbours = this.#neighboursOf(parts);
  }

  /** The rows of records of one source partition, in their order. Rejects when a neighbour doesn't answer. */
  async convert(partition: number, records: readonly StreamRecord[]): Promise<Converted> {
    const { wanted } = this.#parts;
    this.#kept = [];
    const source = { topic: agentTopic(wanted.eventClass), partition, eventClass: wanted.eventClass, records };
    const batch = startBatch(source, this.#neighbours, this.#workspace);
    for (const step of [decode, match, normalise, publish]) await step(batch);
    const isRejected = ({ topic }: OutgoingRecord) => topic === rejectedTopic;
    const messages = this.#kept.filter((record) => !isRejected(record)).flatMap((record) => this.#sectionsOf(record));
    const bytes = records.reduce(
      (sum, { value }, place) => sum + (batch.owners[place] === undefined ? 0 : value!.length),
      0,
    );
    const ours = this.#kept.filter((one) => isRejected(one) && one.headers?.[rejectedHeaders.account] !== undefined);
    return { messages, bytes, rejected: ours.length };
  }

  #sectionsOf(record: OutgoingRecord): ArrivedSection[] {
    const sections = arrivedSections(record);
    const { registration, generation } = this.#parts.wanted;
    for (const { rows } of sections) {
      for (let row = 0; row < rows.length; row++) {
        if (rows.registration(row) !== registration || rows.generation(row) !== generation)
          throw new Error(`a row of ${rows.registration(row)} came out of the replay of ${registration}`);
      }
    }
    return sections;
  }

  #neighboursOf({ wanted, decoders, workspaces, log, now }: ConversionParts): Neighbours {
    return {
      decoders,
      workspaces,
      log,
      now,
      subscriptions: {
        refresh: async () => {},
        find: (account, eventClass) =>
          account === wanted.account && eventClass === wanted.eventClass ? wanted : undefined,
      },
      publisher: {
        publish: async (records) => {
          this.#kept.push(...records);
          return [];
        },
      },
      member: {
        commit: () => {
          throw new Error('a replay commits nothing');
        },
      },
      metrics: createMetrics(),
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      handoffPartitions: everythingInOne,
      epochOf: () => 0,
    };
  }
}
