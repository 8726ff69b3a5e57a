import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterLayouts, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { type Endpoints, readEndpoints, stackDirectory, writeEndpoints } from '../endpoints.ts';
import { type ActivityEncoder, feed } from '../feed/feed.ts';
import type { FeedRecord } from '../feed/feed-record.ts';
import { registerActivitySchemas } from '../feed/registry.ts';
import { type RunningServices, startServices } from '../services.ts';
import { createAccountKey } from './api-key.ts';
import { type ClassTotals, Completeness } from './completeness.ts';
import { RoutedTotals } from './consumer-metrics.ts';
import { type CustomSource, customerClients, type DemoCustomer, makeLake, register } from './customer.ts';
import { LakeContents } from './lake-contents.ts';
import { Observer } from './observer.ts';

/** What a demo needs to know; the stack runs already. */
export interface DemoOptions {
  readonly dir: string;
  readonly windowSeconds: number;
  readonly customers: readonly DemoCustomer[];
  readonly run: string;
  /** What is fed: made when feeding begins, so that its times are right. */
  readonly records: (encoder: ActivityEncoder) => Iterable<FeedRecord> | AsyncIterable<FeedRecord>;
  readonly ratePerSecond?: number;
  readonly jsonShare: number;
  readonly onNotice: (sentence: string) => void;
}

/** A demo under way. */
export interface Demo {
  readonly proof: Completeness;
  readonly routed: RoutedTotals;
  /** Resolves when everything was fed and acknowledged; rejects when feeding failed. */
  readonly fed: Promise<void>;
  /** Looks at what has come out since the last look; answers the totals. */
  look(): Promise<ClassTotals[]>;
  /** Copies every object of the customers' buckets to `<directory>/<bucket>/<key>`; answers how many. */
  download(directory: string): Promise<number>;
  /** Ends feeding and stops the services; the stack stays. */
  stop(): Promise<void>;
}

/** Starts the services and the customers of a demo against a running stack, and feeds it. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { dir, customers, onNotice } = options;
  const endpoints = readEndpoints(dir);
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'demo', log: silentLog });
  await makeTopics(stream);
  onNotice('Starting the services: registration, consumer, flusher');
  const services = await startServices({ dir, windowSeconds: options.windowSeconds, onNotice });
  const clients = customerClients(endpoints);
  try {
    const sources = await welcome(dir, customers, onNotice);
    const proof = new Completeness((account, eventClass) =>
      customers.some((one) => one.account === account && one.eventClasses.includes(eventClass)),
    );
    const lake = new LakeContents(clients.s3);
    const observer = new Observer({ stream, lake, sources, proof, rejectedFrom: await endOfRejected(stream) });
    const stopFeeding = new AbortController();
    const fed = startFeeding(options, endpoints, stream, proof, stopFeeding.signal);
    fed.catch(() => {}); // told by whoever awaits it
    return demoOf({
      services,
      endpoints: readEndpoints(dir),
      observer,
      proof,
      lake,
      customers,
      fed,
      stopFeeding,
      close: clients.close,
    });
  } catch (error) {
    clients.close();
    await services.stop();
    throw error;
  }
}

/** Makes the topics that are missing. */
export async function makeTopics(stream: Stream): Promise<void> {
  const admin = stream.admin();
  try {
    await ensureTopics(admin, clusterLayouts.local);
  } finally {
    await admin.close();
  }
}

/** Where the next record of `rejected` will lie. */
export async function endOfRejected(stream: Stream): Promise<number> {
  const admin = stream.admin();
  try {
    return (await admin.ends(rejectedTopic))[0]!.high;
  } finally {
    await admin.close();
  }
}

/** Each customer gets its lake, an API key and its registrations; answers the sources. The registration service must run. */
export async function welcome(dir: string, customers: readonly DemoCustomer[], onNotice: (sentence: string) => void) {
  const endpoints = readEndpoints(dir);
  const all = [];
  for (const [at, customer] of customers.entries()) {
    const sources: CustomSource[] = await makeLake(endpoints, customer);
    const apiKey = await createAccountKey(endpoints, customer.account);
    if (at === 0) writeEndpoints(stackDirectory(dir), { apiKey, accountId: customer.account });
    await register(endpoints, customer, apiKey, sources);
    onNotice(
      `Customer ${customer.account}: bucket ${customer.bucketName}, ${customer.eventClasses.length} registrations`,
    );
    all.push(...sources.map((source) => ({ ...source, account: customer.account, bucketName: customer.bucketName })));
  }
  return all;
}

/** Feeds into the agent topics, and tells the proof of each acknowledged event. Resolves when all are. */
export async function startFeeding(
  options: Pick<DemoOptions, 'dir' | 'run' | 'records' | 'ratePerSecond' | 'jsonShare'>,
  endpoints: Endpoints,
  stream: Stream,
  proof: Completeness,
  signal: AbortSignal,
) {
  const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
  await feed(options.records(encoder), {
    run: options.run,
    stackDirectory: stackDirectory(options.dir),
    stream,
    encoder,
    jsonShare: options.jsonShare,
    ...(options.ratePerSecond === undefined ? {} : { ratePerSecond: options.ratePerSecond }),
    clock: { now: Date.now, sleep: (ms) => delay(ms).then(() => undefined) },
    signal,
    onFed: (entries) => {
      for (const { topic, partition, offset, ...entry } of entries)
        proof.fed({ ...entry, source: `${topic}/${partition}/${offset}` });
    },
  });
}

interface DemoParts {
  readonly services: RunningServices;
  readonly endpoints: Endpoints;
  readonly observer: Observer;
  readonly proof: Completeness;
  readonly lake: LakeContents;
  readonly customers: readonly DemoCustomer[];
  readonly fed: Promise<void>;
  readonly stopFeeding: AbortController;
  readonly close: () => void;
}

function demoOf({ services, endpoints, observer, proof, lake, customers, fed, stopFeeding, close }: DemoParts): Demo {
  const routed = new RoutedTotals();
  return {
    proof,
    routed,
    fed,
    look: async () => {
      await observer.look();
      // Between the end of a consumer and its next start there is no page.
      const page = await fetch(`${endpoints.metrics?.consumer}/metrics`).catch(() => undefined);
      if (page?.ok) routed.see(await page.text());
      return proof.totals();
    },
    download: async (directory) => {
      let objects = 0;
      for (const { bucketName } of customers) {
        for (const key of await lake.keys(bucketName)) {
          const file = join(directory, bucketName, key);
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, await lake.bytes(bucketName, key));
          objects += 1;
        }
      }
      return objects;
    },
    stop: async () => {
      stopFeeding.abort();
      await fed.catch(() => {});
      await services.stop();
      close();
    },
  };
}
