import { portionsOf, type SourceBatch, startBatch } from '@tributary/consumer/batch.ts';
import type { Decoders, Neighbours } from '@tributary/consumer/neighbours.ts';
import { pipeline } from '@tributary/consumer/pipeline.ts';
import { registrationOf } from '@tributary/consumer/rig.fixture.ts';
import { Workspace, Workspaces } from '@tributary/consumer/workspace.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { createMetrics, silentLog } from '@tributary/service';
import type { OutgoingRecord } from '@tributary/stream';
import { account } from './events.ts';

/** The consumer's own steps, on a registry and a publisher in memory, with every class registered. */
export class ConsumerWork {
  readonly #neighbours: Neighbours;
  /** The longest that the steps kept their thread busy between two turns of the event loop, ms of its CPU time. */
  longestSliceMs = 0;
  #published: OutgoingRecord[] = [];
  #sliceFromMs = 0;

  constructor(decoders: Decoders) {
    const registrations = new Map(eventClassNames.map((name) => [name, registrationOf(account, { eventClass: name })]));
    this.#neighbours = {
      decoders,
      subscriptions: { refresh: async () => {}, find: (_, eventClass) => registrations.get(eventClass) },
      workspaces: new Workspaces((eventClass) => new Workspace(eventClass, 1)),
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
      turn: async () => {
        this.#endSlice();
        await new Promise((resolve) => setImmediate(resolve));
        this.#sliceFromMs = threadMs();
      },
      handoffPartitions: 1,
      epochOf: () => 0,
    };
  }

  /** The whole pipeline, portion after portion, as the service runs it: a portion's events are garbage when the next one comes. */
  async run(sources: readonly SourceBatch[]): Promise<OutgoingRecord[]> {
    this.#published = [];
    const { workspaces } = this.#neighbours;
    this.#sliceFromMs = threadMs();
    for (const portion of sources.flatMap((source) => [...portionsOf(source)])) {
      const workspace = workspaces.take(portion.eventClass);
      const batch = startBatch(portion, this.#neighbours, workspace);
      for (const step of pipeline) await step.run(batch);
      workspaces.giveBack(workspace);
    }
    this.#endSlice();
    return this.#published;
  }

  #endSlice(): void {
    this.longestSliceMs = Math.max(this.longestSliceMs, threadMs() - this.#sliceFromMs);
  }
}

/** CPU time of this thread so far: how busy it was, however many others share the machine. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
