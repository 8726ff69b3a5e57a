import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { type FetchObserver, observeFetches } from './kafkajs-fetch.ts';
import type { Broker, Cluster } from './kafkajs-internals.ts';

/** The membership that a group's coordinator granted: what a commit must carry. */
export interface GroupSession {
  readonly coordinator: Broker;
  readonly memberId: string;
  readonly generationId: number;
}

/** The inside of one consumer of kafkajs, which its public interface hands to partition assigners only. */
export class ConsumerInside {
  readonly #observer: FetchObserver;
  #cluster: Cluster | undefined;
  #session: GroupSession | undefined;

  constructor(observer: FetchObserver) {
    this.#observer = observer;
  }

  /** The membership of the last sync with the coordinator. */
  get session(): GroupSession | undefined {
    return this.#session;
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error('the consumer has not been made yet');
    return this.#cluster;
  }

  /** Round robin, as kafkajs does it; hands the inside over on the way. */
  readonly assigner: PartitionAssigner = (config) => {
    this.#observe(config.cluster as unknown as Cluster);
    return kafkajs.PartitionAssigners.roundRobin(config);
  };

  #observe(cluster: Cluster): void {
    this.#cluster = cluster;
    const seen = new WeakSet<Broker>();
    const findBroker = cluster.findBroker.bind(cluster);
    cluster.findBroker = async (options) => {
      const broker = await findBroker(options);
      if (seen.has(broker)) return broker;
      seen.add(broker);
      observeFetches(broker, this.#observer);
      const syncGroup = broker.syncGroup.bind(broker);
      broker.syncGroup = async (request) => {
        const answer = await syncGroup(request);
        this.#session = { coordinator: broker, memberId: request.memberId, generationId: request.generationId };
        return answer;
      };
      return broker;
    };
  }
}
