import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoints, readEndpoints, repositoryRoot, stackDirectory, writeEndpoints } from './endpoints.ts';
import type { Command } from './part.ts';
import { logFile, runningPid, signalProcess, startProcess, stopProcess } from './processes.ts';
import {
  addressesOf,
  type Replica,
  type ReplicaCounts,
  type ReplicaName,
  replicasOf,
  type ServiceName,
  serviceNames,
} from './replicas.ts';

export { type ReplicaName, type ServiceName, serviceNames } from './replicas.ts';

/** How the services are run. */
export interface ServicesOptions {
  readonly dir?: string;
  /** Seconds between two objects of a registration. */
  readonly windowSeconds: number;
  /** Which services to run; all by default. */
  readonly only?: readonly ServiceName[];
  /** How many processes of a service run: one where nothing is said, else `consumer-1`, `consumer-2` and so on. */
  readonly replicas?: ReplicaCounts;
  /** Settings beside those of the stack, for all services. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of one process, beside those of all. */
  readonly envOf?: (name: ReplicaName) => Readonly<Record<string, string>>;
  /** Another entry than the service's own `main.ts`, such as one that ends itself at a step. */
  readonly main?: Partial<Record<ServiceName, string>>;
  /** What to run instead of a `main.ts` of this checkout, with the settings of the process; asked at each of its starts. */
  readonly commandOf?: (name: ReplicaName, env: Readonly<Record<string, string>>) => Command | undefined;
  /** Told in a sentence when a service starts again, or can't. */
  readonly onNotice?: (sentence: string) => void;
}

/** The services under their supervisor. Each process is named as `replicas.ts` says. */
export interface RunningServices {
  /** The names of all processes, in the order in which they start. */
  readonly names: readonly ReplicaName[];
  /** The pid of a process at this moment. */
  pid(name: ReplicaName): number | undefined;
  /** How often a process was started again. */
  restarts(name: ReplicaName): number;
  /** Stops every process with SIGTERM, and with SIGKILL what is left after 30 s. */
  stop(): Promise<void>;
  /** Stops one process; with `kill` by SIGKILL. It stays stopped. */
  stopOne(name: ReplicaName, kill?: boolean): Promise<void>;
  /** Starts a process that `stopOne` stopped; resolves when it is ready, or at once with `wait` false. */
  startOne(name: ReplicaName, wait?: boolean): Promise<void>;
  /** Sends a signal to one process. What ends by it is started again. False when it doesn't run at this moment. */
  signal(name: ReplicaName, which: NodeJS.Signals): boolean;
  /** Lets one process stand still (SIGSTOP), as a machine that hangs would; stopping it wakes it up first. */
  pause(name: ReplicaName): boolean;
  /** Lets a paused process go on (SIGCONT). */
  resume(name: ReplicaName): boolean;
}

interface Supervised extends Replica {
  wanted: boolean;
  /** Counts its processes: the end of an earlier one may be told after the next has started. */
  runs: number;
  restarts: number;
}

const restartPauseMs = 500;
const readyWithinMs = 60_000;

/**
 * Runs our services as processes against the stack of `dir`, as Kubernetes would: one that ends is started again. Their
 * pids, logs and addresses stand where `endpoints.json` says. Resolves when all are ready; rejects, with the log named,
 * when one isn't within a minute.
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const directory = stackDirectory(options.dir);
  const endpoints = readEndpoints(options.dir);
  const wanted = serviceNames.filter((name) => options.only?.includes(name) ?? true);
  const services = replicasOf(wanted, options.replicas ?? {}, endpoints.portBase).map((replica) => ({
    ...replica,
    wanted: true,
    runs: 0,
    restarts: 0,
  }));
  writeEndpoints(directory, addressesOf(services, endpoints.metrics));
  const running = runningServices(services, directory, endpoints, options);
  try {
    for (const service of services) {
      run(service, directory, endpoints, options);
      // Consumers and flushers need the registrations to be readable, so they come after this one.
      if (service.service === 'registration') await ready(service, directory);
    }
    await Promise.all(services.map((service) => ready(service, directory)));
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

function environment(service: Supervised, endpoints: Endpoints, options: ServicesOptions): Record<string, string> {
  const { service: user } = endpoints.awsUsers;
  return {
    NODE_ENV: 'production',
    NODE_NO_WARNINGS: '1',
    KAFKA_BROKERS: endpoints.kafka,
    SCHEMA_REGISTRY_URL: endpoints.schemaRegistry,
    REDIS_URL: endpoints.redis,
    HOME_REGION: 'us-1',
    CLUSTER_LAYOUT: 'local',
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: String(service.port),
    HOST: '127.0.0.1',
    PORT: String(service.restPort),
    WINDOW_SECONDS: String(options.windowSeconds),
    AWS_ENDPOINT_URL: endpoints.aws,
    PARKING_BUCKET: endpoints.parkingBucket,
    AWS_REGION: endpoints.awsRegion,
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    ...options.env,
    ...options.envOf?.(service.name),
  };
}

function run(service: Supervised, directory: string, endpoints: Endpoints, options: ServicesOptions): void {
  const main = options.main?.[service.service] ?? join(repositoryRoot, 'services', service.service, 'main.ts');
  const env = environment(service, endpoints, options);
  const command = options.commandOf?.(service.name, env) ?? { file: process.execPath, args: [main], env };
  const ran = ++service.runs;
  startProcess(directory, service.name, command, repositoryRoot, (how) => {
    if (!service.wanted || service.runs !== ran) return;
    service.restarts += 1;
    options.onNotice?.(`${service.name} ended (${how}) and is started again`);
    setTimeout(
      () => service.wanted && service.runs === ran && run(service, directory, endpoints, options),
      restartPauseMs,
    );
  });
}

async function ready(service: Supervised, directory: string): Promise<void> {
  const until = Date.now() + readyWithinMs;
  while (Date.now() < until) {
    const answer = await fetch(`http://127.0.0.1:${service.port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await delay(100);
  }
  throw new Error(
    `${service.name} was not ready within ${readyWithinMs / 1000} s. See ${logFile(directory, service.name)}`,
  );
}

function runningServices(
  services: readonly Supervised[],
  directory: string,
  endpoints: Endpoints,
  options: ServicesOptions,
): RunningServices {
  const of = (name: ReplicaName) => {
    const found = services.find((service) => service.name === name);
    if (found === undefined)
      throw new Error(`No process is named ${name}: ${services.map((one) => one.name).join(', ')}`);
    return found;
  };
  const stopOne = async (name: ReplicaName, kill = false) => {
    of(name).wanted = false;
    await stopProcess(directory, name, kill);
  };
  const signal = (name: ReplicaName, which: NodeJS.Signals) => signalProcess(directory, of(name).name, which);
  return {
    names: services.map(({ name }) => name),
    pid: (name) => runningPid(directory, name),
    restarts: (name) => of(name).restarts,
    stop: async () => {
      await Promise.all(services.map(({ name }) => stopOne(name)));
    },
    stopOne,
    startOne: async (name, wait = true) => {
      of(name).wanted = true;
      run(of(name), directory, endpoints, options);
      if (wait) await ready(of(name), directory);
    },
    signal,
    pause: (name) => signal(name, 'SIGSTOP'),
    resume: (name) => signal(name, 'SIGCONT'),
  };
}
