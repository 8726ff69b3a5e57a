import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { apacheKafka } from './apache-kafka.ts';
import { apicurio } from './apicurio.ts';
import { type Endpoints, readEndpoints, repositoryRoot, stackDirectory, writeEndpoints } from './endpoints.ts';
import type { KafkaSecurity } from './kafka-security.ts';
import { moto } from './moto.ts';
import { type Part, type PartName, type Place, partNames, type Report } from './part.ts';
import { freePortBase, isFree, portOf } from './ports.ts';
import { logFile, runningNames, runningPid, startProcess, stopProcess } from './processes.ts';
import { redisServer } from './redis-server.ts';
import { StackError } from './tools.ts';

export type { PartName } from './part.ts';
export { StackError } from './tools.ts';

/** The parts of a stack, in the order in which they are shown. */
export const parts: Readonly<Record<PartName, Part>> = {
  kafka: apacheKafka,
  'schema-registry': apicurio,
  redis: redisServer,
  aws: moto,
};

/** The first port of a stack that doesn't say where it wants to be. */
export const defaultPortBase = 15_000;
const readyWithinMs = 90_000;
const checkEveryMs = 100;

/** Which stack is meant, and how it is started. */
export interface StackOptions {
  /** The stack's directory (see `stackDirectory`); another one makes another stack beside the first. */
  readonly dir?: string | undefined;
  /** First port; 0 chooses free ones. A stack that runs keeps its ports. */
  readonly portBase?: number | undefined;
  readonly only?: readonly PartName[] | undefined;
  /** Longest life of an STS session in seconds, for tests of expiry. */
  readonly awsSessionSecondsMax?: number | undefined;
  /** Lets Kafka speak TLS only, to its users, who may do what its ACLs say. */
  readonly kafkaSecurity?: KafkaSecurity | undefined;
  /** Told what is being done for which part. */
  readonly onProgress?: ((part: PartName, doing: string) => void) | undefined;
  /** Ends the start early; what it had started is stopped again. */
  readonly signal?: AbortSignal | undefined;
}

/** A stack's place and ports, before any part of it starts. */
async function plan(options: StackOptions): Promise<Place> {
  const directory = stackDirectory(options.dir);
  const kept = existsSync(join(directory, 'run/endpoints.json')) ? readEndpoints(directory).portBase : undefined;
  const running = partNames.some((name) => runningPid(directory, name) !== undefined);
  const wanted = options.portBase;
  if (running && kept !== undefined && wanted !== undefined && wanted !== 0 && wanted !== kept)
    throw new StackError(
      `The stack in ${directory} runs on ports from ${kept} on; stop it before you move it: npx tributary stack down`,
    );
  const chosen = wanted ?? defaultPortBase;
  const portBase = running && kept !== undefined ? kept : chosen === 0 ? await freePortBase() : chosen;
  return placeOf(directory, portBase, options);
}

function placeOf(
  directory: string,
  portBase: number,
  { awsSessionSecondsMax, kafkaSecurity }: Pick<StackOptions, 'awsSessionSecondsMax' | 'kafkaSecurity'> = {},
): Place {
  return {
    directory,
    tools: join(repositoryRoot, '.local/tools'),
    portBase,
    port: (name) => portOf(portBase, name),
    ...(awsSessionSecondsMax === undefined ? {} : { awsSessionSecondsMax }),
    ...(kafkaSecurity === undefined ? {} : { kafkaSecurity }),
  };
}

async function bringUp(place: Place, part: Part, report: Report, signal?: AbortSignal): Promise<'started' | 'ran'> {
  const ran = runningPid(place.directory, part.name) !== undefined;
  if (!ran) {
    await part.install(place.tools, report);
    signal?.throwIfAborted();
    for (const name of part.ports) {
      if (await isFree(place.port(name))) continue;
      throw new StackError(
        `Port ${place.port(name)} for ${part.title} is taken. Choose others with --port-base <n> (0 takes free ones).`,
      );
    }
    report('starting');
    const command = await part.prepare(place);
    startProcess(place.directory, part.name, command);
  }
  await untilReady(place, part, report, signal);
  await part.settle?.(place);
  writeEndpoints(place.directory, { portBase: place.portBase, ...part.endpoints(place) });
  return ran ? 'ran' : 'started';
}

async function untilReady(place: Place, part: Part, report: Report, signal?: AbortSignal) {
  const deadline = Date.now() + readyWithinMs;
  report('waiting until it is ready');
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await part.check(place);
    } catch (error) {
      const reason = (error as Error).message || String((error as NodeJS.ErrnoException).code);
      const log = logFile(place.directory, part.name);
      if (runningPid(place.directory, part.name) === undefined)
        throw new StackError(`${part.title} ended while it started; the reason is in ${log}`);
      if (Date.now() > deadline)
        throw new StackError(`${part.title} was not ready within ${readyWithinMs / 1000} s (${reason}); see ${log}`);
    }
    await pause(checkEveryMs);
  }
}

/**
 * Brings up the parts that don't run and waits until each can be used. What is installed or runs already is used
 * again. When one part fails, those that this call started are stopped again, and the first failure is thrown.
 */
export async function startStack(options: StackOptions = {}): Promise<Endpoints> {
  const starting = await beginStack(options);
  return starting.finish(starting.names.map((name) => starting.bring(name)));
}

/** The start of a stack part by part, for a caller that shows each of them. Every promise goes to `finish`. */
export async function beginStack(options: StackOptions) {
  const place = await plan(options);
  const names = partNames.filter((name) => options.only?.includes(name) ?? true);
  const started: PartName[] = [];
  const bring = async (name: PartName, report: Report = (doing) => options.onProgress?.(name, doing)) => {
    if (runningPid(place.directory, name) === undefined) started.push(name);
    await bringUp(place, parts[name], report, options.signal);
  };
  const finish = async (brought: readonly Promise<void>[]) => {
    const failed = (await Promise.allSettled(brought)).find((result) => result.status === 'rejected');
    if (failed) {
      await Promise.all(started.map((name) => stopProcess(place.directory, name)));
      if (runningNames(place.directory).length === 0) await forgetEndpoints(place.directory);
      throw failed.reason;
    }
    return readEndpoints(place.directory);
  };
  return { directory: place.directory, names, bring, finish };
}

const forgetEndpoints = (directory: string) => rm(join(directory, 'run/endpoints.json'), { force: true });

/** Stops every process of the stack, our services first, and forgets its endpoints. The data stays. */
export async function stopStack(dir?: string): Promise<string[]> {
  const directory = stackDirectory(dir);
  const running = runningNames(directory);
  const isPart = (name: string) => (partNames as readonly string[]).includes(name);
  await Promise.all(running.filter((name) => !isPart(name)).map((name) => stopProcess(directory, name)));
  await Promise.all(running.filter(isPart).map((name) => stopProcess(directory, name)));
  await forgetEndpoints(directory);
  return running;
}

/** One process of a stack as it is now. */
export interface PartStatus {
  readonly name: string;
  readonly pid: number | undefined;
  /** `ready`, `stopped`, or why it can't be used. Services have no check here: `running`. */
  readonly state: string;
}

/** What runs of the stack, and whether each part answers now. */
export async function stackStatus(dir?: string): Promise<PartStatus[]> {
  const directory = stackDirectory(dir);
  const others = runningNames(directory).filter((name) => !(name in parts));
  const services = others.map((name) => ({ name, pid: runningPid(directory, name), state: 'running' }));
  const ofPart = async (name: PartName): Promise<PartStatus> => {
    const pid = runningPid(directory, name);
    if (pid === undefined) return { name, pid, state: 'stopped' };
    const state = await parts[name].check(presentPlace(directory)).then(
      () => 'ready',
      (error: Error) => `does not answer: ${error.message}`,
    );
    return { name, pid, state };
  };
  return [...(await Promise.all(partNames.map(ofPart))), ...services];
}

const presentPlace = (directory: string) => placeOf(directory, readEndpoints(directory).portBase);

/** Stops one part in good order (SIGTERM); its data and its address stay. */
export const stopPart = (dir: string | undefined, name: PartName) => stopProcess(stackDirectory(dir), name);

/** Kills one part where it stands (SIGKILL), as a lost machine would. */
export const killPart = (dir: string | undefined, name: PartName) => stopProcess(stackDirectory(dir), name, true);

/** Starts one part of a stack again, at the same address with the same data (none when `wiped`), until it is ready. */
export async function startPart(
  dir: string | undefined,
  name: PartName,
  options: { readonly wiped?: boolean; readonly awsSessionSecondsMax?: number } = {},
): Promise<void> {
  const directory = stackDirectory(dir);
  const { portBase } = readEndpoints(directory);
  if (options.wiped && runningPid(directory, name) !== undefined)
    throw new StackError(`${name} runs: stop it before its data is wiped.`);
  if (options.wiped) await rm(join(directory, 'data', name), { recursive: true, force: true });
  await bringUp(placeOf(directory, portBase, options), parts[name], () => {});
}
