import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { customerClients, type DemoCustomer } from '@tributary/local/demo/customer.ts';
import { makeTopics, welcome } from '@tributary/local/demo/demo.ts';
import { type Endpoints, readEndpoints } from '@tributary/local/endpoints.ts';
import { simulatedAccounts } from '@tributary/local/feed/fleet.ts';
import { type RunningServices, startServices } from '@tributary/local/services.ts';
import { startStack, stopStack } from '@tributary/local/stack.ts';
import { sweepThrowaways, throwawayDirectory } from '@tributary/local/throwaway.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream } from '@tributary/stream';
import { again } from './again.ts';
import { Disk } from './disk.ts';
import { LakeFaults, type LakeTenant } from './lake-faults.ts';
import type { Source } from './lakes.ts';
import { type MutantName, mutantsVariable } from './mutants.ts';
import { clockVariable } from './shifted-clock.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** How a stack for faults is laid out. */
export interface WorldOptions {
  readonly windowSeconds: number;
  readonly sessionSeconds: number;
  readonly customers: readonly DemoCustomer[];
  /** Whether disks are made that can be full, where that can be done. */
  readonly disks: boolean;
  /** Guards that our services lack, to show that it is seen. */
  readonly mutants?: readonly MutantName[];
  readonly signal: AbortSignal;
  /** Told in a sentence what is being done, and when a process is started again. */
  readonly onNotice: (sentence: string) => void;
}

/** A stack of its own with several consumers and flushers, its customers, and every place where a fault can be made. */
export interface World {
  readonly dir: string;
  readonly endpoints: Endpoints;
  readonly stream: Stream;
  readonly services: RunningServices;
  readonly lakeFaults: LakeFaults;
  readonly redis: TcpProxy;
  readonly disks: { readonly redis?: Disk; readonly kafka?: Disk };
  readonly customers: readonly DemoCustomer[];
  readonly sources: readonly (Source & { readonly roleARN: string })[];
  /** Customers as the faults before S3 and STS know them, in the order of `customers`. */
  readonly tenants: readonly LakeTenant[];
  /** `topic=epoch` for each agent topic that was made anew; consumers read it when they start. */
  readonly epochs: Map<string, number>;
  /** The file that shifts the clock of a process. */
  readonly clockFile: (name: string) => string;
  /** Clients as the owner of the lakes. */
  readonly lakes: ReturnType<typeof customerClients>;
  isRegistered(account: string | undefined, eventClass: EventClass): boolean;
  stop(): Promise<void>;
}

const customerCount = 10;

/** 50 registrations: eight customers with all classes, one with two, and one that is not registered at all. */
export function fiftyRegistrations(): DemoCustomer[] {
  return simulatedAccounts(customerCount).map((account, at) => ({
    account,
    bucketName: `aws-security-data-lake-us-east-1-fault-${at + 1}`,
    eventClasses:
      at < customerCount - 2 ? eventClassNames : at === customerCount - 2 ? eventClassNames.slice(0, 2) : [],
  }));
}

/** Brings a world up. When that fails, what was started is stopped again. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        options.onNotice(`Cleaning up: ${(error as Error).message}`);
      }
    }
  };
  try {
    return await build(options, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  options: WorldOptions,
  undo: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<World> {
  const { customers, onNotice, sessionSeconds, signal } = options;
  await sweepThrowaways();
  const dir = throwawayDirectory();
  await rm(dir, { recursive: true, force: true });
  undo.push(() => rm(join(dir, 'data'), { recursive: true, force: true }));
  const disks = options.disks ? disksOf(dir, undo) : {};
  onNotice(`Starting Kafka, the schema registry, Redis and AWS in ${dir}`);
  undo.push(() => stopStack(dir).then(() => undefined));
  await startStack({ dir, portBase: 0, signal });
  const endpoints = readEndpoints(dir);
  const stream = createKafkajsStream({
    ...{ brokers: [endpoints.kafka], clientId: 'fault', log: silentLog },
    sendTimeoutMs: 8_000,
    sessionTimeoutMs: sessionSeconds * 1000,
  });
  await again(() => makeTopics(stream));
  const lakeFaults = new LakeFaults(endpoints.aws);
  const lakeUrl = await lakeFaults.start();
  undo.push(() => lakeFaults.stop());
  const redis = new TcpProxy(Number(new URL(endpoints.redis).port));
  const redisPort = await redis.start();
  undo.push(() => redis.stop());
  const epochs = new Map<string, number>();
  const clockFile = (name: string) => join(dir, 'clock', name);
  mkdirSync(join(dir, 'clock'), { recursive: true });
  onNotice('Starting the services: registration, two consumers, two flushers');
  const services = await startServices({
    ...{ dir, windowSeconds: options.windowSeconds, onNotice },
    replicas: { consumer: 2, flusher: 2 },
    main: {
      consumer: join(import.meta.dirname, 'consumer-with-clock.ts'),
      flusher: join(import.meta.dirname, 'flusher-with-clock.ts'),
    },
    env: {
      AWS_ENDPOINT_URL: lakeUrl,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      SESSION_SECONDS: String(sessionSeconds),
      ...environmentOfMutants(options.mutants ?? []),
    },
    envOf: (name) => ({
      [clockVariable]: clockFile(name),
      SOURCE_EPOCHS: [...epochs].map(([topic, epoch]) => `${topic}=${epoch}`).join(','),
    }),
  });
  undo.push(() => services.stop());
  signal.throwIfAborted();
  onNotice(`Making ${customers.length} lakes and their registrations`);
  const sources = await welcome(dir, customers, () => {});
  const lakes = customerClients(endpoints);
  undo.push(() => lakes.close());
  const tenants = customers.map(({ account, bucketName }) => ({
    name: account,
    bucketName,
    roleARNs: sources.filter((source) => source.account === account).map(({ roleARN }) => roleARN),
  }));
  return {
    ...{ dir, endpoints: readEndpoints(dir), stream, services, lakeFaults, redis, disks, customers, sources },
    ...{ tenants, epochs, clockFile, lakes, stop },
    isRegistered: (account, eventClass) =>
      customers.some((one) => one.account === account && one.eventClasses.includes(eventClass)),
  };
}

function environmentOfMutants(mutants: readonly MutantName[]): Record<string, string> {
  if (mutants.length === 0) return {};
  const mutate = pathToFileURL(join(import.meta.dirname, 'mutate.ts')).href;
  return { NODE_OPTIONS: `--import ${mutate}`, [mutantsVariable]: mutants.join(',') };
}

const redisDiskMebibytes = 32;
const kafkaDiskMebibytes = 512;

function disksOf(dir: string, undo: (() => void)[]): World['disks'] {
  const redis = Disk.at(join(dir, 'data/redis'), redisDiskMebibytes);
  if (redis === undefined) return {};
  undo.push(() => redis.remove());
  const kafka = Disk.at(join(dir, 'data/kafka'), kafkaDiskMebibytes);
  if (kafka === undefined) return { redis };
  undo.push(() => kafka.remove());
  return { redis, kafka };
}
