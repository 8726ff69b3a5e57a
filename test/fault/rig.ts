import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Marks } from '@tributary/flusher/marks.ts';
import { encodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { customerClients } from '@tributary/local/demo/customer.ts';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import {
  type ReplicaName,
  type RunningServices,
  type ServicesOptions,
  startServices,
} from '@tributary/local/services.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream } from '@tributary/stream';
import { Customer } from './customer.ts';
import { type Death, deathOf, giveOrder, groupVariable, type Order, ordersVariable } from './kill-at-step.ts';
import { sumOf } from './metrics-page.ts';
import { until } from './until.ts';

/** Short, so that a test sees several windows. */
export const windowSeconds = 3;
/** A process that was killed holds its partitions for so long. */
const sessionSeconds = 6;

/** Where a rig differs from one process of each service with short windows. */
export interface RigOptions extends Pick<ServicesOptions, 'replicas' | 'envOf' | 'main' | 'commandOf'> {
  /** Seconds of a window; few where nothing is said. */
  readonly windowSeconds?: number;
  /** Settings beside those of the rig, for all services. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The services as processes against the stack of the tests, with consumer groups that begin behind other tests' records. */
export class FaultRig {
  /** The directory of the stack. */
  readonly dir: string;
  readonly stream: Stream;
  /** What the supervisor said: which service ended, and how. */
  readonly notices: string[] = [];
  readonly #group = `fault-${randomBytes(4).toString('hex')}`;
  readonly #clients: ReturnType<typeof customerClients>;
  readonly #options: RigOptions;
  #services: RunningServices | undefined;
  #orders = '';

  constructor(options: RigOptions = {}, dir = process.env.TRIBUTARY_LOCAL_DIR!) {
    this.dir = dir;
    this.#options = options;
    this.#clients = customerClients(readEndpoints(dir));
    this.stream = createKafkajsStream({ brokers: [readEndpoints(dir).kafka], clientId: 'fault', log: silentLog });
  }

  /** The supervisor of the services. */
  get services(): RunningServices {
    return this.#services!;
  }

  /** The consumer group of a service. */
  groupOf(service: 'consumer' | 'flusher'): string {
    return `${this.#group}.${service}`;
  }

  async start(): Promise<void> {
    this.#orders = await mkdtemp(join(tmpdir(), 'tributary-fault-'));
    await makeTopics(this.stream);
    await this.#commitPresentEnds();
    const entry = (service: string) => join(import.meta.dirname, `${service}-that-dies.ts`);
    this.#services = await startServices({
      dir: this.dir,
      windowSeconds: this.#options.windowSeconds ?? windowSeconds,
      main: { consumer: entry('consumer'), flusher: entry('flusher'), ...this.#options.main },
      env: {
        SESSION_SECONDS: String(sessionSeconds),
        [ordersVariable]: this.#orders,
        [groupVariable]: this.#group,
        CONSUMER_GROUP_ID: `${this.#group}.consumer`,
        FLUSHER_GROUP_ID: `${this.#group}.flusher`,
        ...this.#options.env,
      },
      ...(this.#options.replicas && { replicas: this.#options.replicas }),
      ...(this.#options.envOf && { envOf: this.#options.envOf }),
      ...(this.#options.commandOf && { commandOf: this.#options.commandOf }),
      onNotice: (sentence) => this.notices.push(sentence),
    });
  }

  async stop(): Promise<void> {
    await this.#services?.stop();
    this.#clients.close();
    await rm(this.#orders, { recursive: true, force: true });
  }

  /** A new customer with a lake of its own, registered for all classes, or for some of them. */
  welcome(eventClasses: readonly EventClass[] = eventClassNames): Promise<Customer> {
    const account = String(randomInt(1e11, 1e12));
    const bucketName = `aws-security-data-lake-us-east-1-fault-${account}`;
    return Customer.welcome({
      dir: this.dir,
      stream: this.stream,
      windowSeconds: this.#options.windowSeconds ?? windowSeconds,
      s3: this.#clients.s3,
      demo: { account, bucketName, eventClasses },
    });
  }

  /** Lets a service kill itself at a step that has something to work on; resolves when it did. */
  async kill<Evidence>(service: 'consumer' | 'flusher', order: Order, withinMs = 30_000): Promise<Death<Evidence>> {
    giveOrder(this.#orders, service, order);
    return until(`${service} died ${order.phase} ${order.step}`, withinMs, () =>
      deathOf<Evidence>(this.#orders, service),
    );
  }

  /** The sum of a service's metric over all series with these labels, as its page has it now; 0 while it has no page. */
  async metric(service: ReplicaName, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const page = await fetch(`${readEndpoints(this.dir).metrics?.[service]}/metrics`).catch(() => undefined);
    return page?.ok ? sumOf(await page.text(), name, labels) : 0;
  }

  async #commitPresentEnds(): Promise<void> {
    const admin = this.stream.admin();
    const state = () =>
      encodeHandoffState({ incarnation: randomBytes(8).toString('hex'), openedAt: Date.now(), marks: Marks.none });
    try {
      for (const eventClass of eventClassNames) {
        const [agents, handoff] = [agentTopic(eventClass), handoffTopic(eventClass)];
        await Promise.all([
          ...(await admin.ends(agents)).map((end) => this.#commit('consumer', agents, end.partition, end.high, '')),
          ...(await admin.ends(handoff)).map((end) =>
            this.#commit('flusher', handoff, end.partition, end.high, state()),
          ),
        ]);
      }
    } finally {
      await admin.close();
    }
  }

  async #commit(service: string, topic: string, partition: number, offset: number, metadata: string): Promise<void> {
    const groupId = `${this.#group}.${service}`;
    const transactionalId = `${groupId}.${topic}.${partition}`;
    const committer = this.stream.committer({ topic, partition, groupId, transactionalId });
    await committer.fence();
    await committer.commit(offset, metadata);
    await committer.close();
  }
}
