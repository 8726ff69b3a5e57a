import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoints, readEndpoints, repositoryRoot, stackDirectory, writeEndpoints } from './endpoints.ts';
import { portOf } from './ports.ts';
import { logFile, runningPid, startProcess, stopProcess } from './processes.ts';

/** Our three services, in the order in which they start. */
export const serviceNames = ['registration', 'consumer', 'flusher'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** How the services are run. */
export interface ServicesOptions {
  readonly dir?: string;
  /** Seconds between two objects of a registration. */
  readonly windowSeconds: number;
  /** Which services to run; all by default. */
  readonly only?: readonly ServiceName[];
  /** Settings beside those of the stack, for all services. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another entry than the service's own `main.ts`, such as one that ends itself at a step. */
  readonly main?: Partial<Record<ServiceName, string>>;
  /** Told in a sentence when a service starts again, or can't. */
  readonly onNotice?: (sentence: string) => void;
}

/** The services under their supervisor. */
export interface RunningServices {
  /** The process of a service at this moment. */
  pid(name: ServiceName): number | undefined;
  /** How often a service was started again. */
  restarts(name: ServiceName): number;
  /** Stops every service with SIGTERM, and with SIGKILL what is left after 30 s. */
  stop(): Promise<void>;
  /** Stops one service; with `kill` by SIGKILL. It stays stopped. */
  stopOne(name: ServiceName, kill?: boolean): Promise<void>;
  /** Starts a service that `stopOne` stopped. */
  startOne(name: ServiceName): Promise<void>;
}

interface Supervised {
  readonly name: ServiceName;
  readonly port: number;
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
  const names = serviceNames.filter((name) => options.only?.includes(name) ?? true);
  const services = names.map((name) => ({
    name,
    port: portOf(endpoints.portBase, `${name}Operations`),
    wanted: true,
    runs: 0,
    restarts: 0,
  }));
  writeEndpoints(directory, addressesOf(services, endpoints));
  const running = runningServices(services, directory, endpoints, options);
  try {
    for (const service of services) {
      run(service, directory, endpoints, options);
      // Consumers and flushers need the registrations to be readable, so they come after this one.
      if (service.name === 'registration') await ready(service, directory);
    }
    await Promise.all(services.map((service) => ready(service, directory)));
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

function addressesOf(services: readonly Supervised[], endpoints: Endpoints) {
  const metrics = Object.fromEntries(services.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]));
  const registration = services.some(({ name }) => name === 'registration');
  return {
    metrics: { ...endpoints.metrics, ...metrics },
    ...(registration ? { registration: `http://127.0.0.1:${portOf(endpoints.portBase, 'registration')}` } : {}),
  };
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
    PORT: String(portOf(endpoints.portBase, 'registration')),
    WINDOW_SECONDS: String(options.windowSeconds),
    AWS_ENDPOINT_URL: endpoints.aws,
    AWS_REGION: endpoints.awsRegion,
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    ...options.env,
  };
}

function run(service: Supervised, directory: string, endpoints: Endpoints, options: ServicesOptions): void {
  const main = options.main?.[service.name] ?? join(repositoryRoot, 'services', service.name, 'main.ts');
  const command = { file: process.execPath, args: [main], env: environment(service, endpoints, options) };
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
    `The ${service.name} service was not ready within ${readyWithinMs / 1000} s. See ${logFile(directory, service.name)}`,
  );
}

function runningServices(
  services: readonly Supervised[],
  directory: string,
  endpoints: Endpoints,
  options: ServicesOptions,
): RunningServices {
  const of = (name: ServiceName) => services.find((service) => service.name === name)!;
  const stopOne = async (name: ServiceName, kill = false) => {
    of(name).wanted = false;
    await stopProcess(directory, name, kill);
  };
  return {
    pid: (name) => runningPid(directory, name),
    restarts: (name) => of(name).restarts,
    stop: async () => {
      await Promise.all(services.map(({ name }) => stopOne(name)));
    },
    stopOne,
    startOne: async (name) => {
      of(name).wanted = true;
      run(of(name), directory, endpoints, options);
      await ready(of(name), directory);
    },
  };
}
