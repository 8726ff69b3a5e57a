import { clusterLayouts, topics } from '@tributary/schemas/kafka/topics.ts';
import type { Demand } from './demand.ts';
import { chosen, measured } from './measured.ts';
import { workOf } from './work.ts';

/** What it costs, in US dollars. The defaults of the command are list prices of us-east-1 without any discount. */
export interface Prices {
  readonly coreHour: number;
  readonly gigabyteMonth: number;
  readonly thousandPuts: number;
}

/** What a region needs for that. Rates are at the peak, totals of a day or a month on the average. */
export interface Plan {
  readonly peakEventsPerSecond: number;
  readonly agentPartitions: { readonly needed: number; readonly layout: number };
  readonly handoffPartitions: { readonly needed: number; readonly layout: number };
  readonly consumer: ServicePlan;
  readonly flusher: ServicePlan & { readonly memoryBytesMax: number };
  readonly registration: { readonly replicas: number };
  readonly kafka: { readonly inBytesPerSecond: number; readonly diskBytes: number };
  readonly objectsPerDay: number;
  readonly objectBytes: number;
  readonly assumeRolesPerDay: number;
  readonly usdPerMonth: { readonly cores: number; readonly disks: number; readonly putsOfCustomers: number };
  /** What the plan can't keep, in sentences; none is good. */
  readonly warnings: readonly string[];
}

interface ServicePlan {
  readonly replicas: number;
  /** Cores of a replica. */
  readonly cores: number;
  /** Memory limit of a replica. */
  readonly memoryBytes: number;
}

const daySeconds = 86_400;
const monthDays = 30;

/** Plans a region from what was measured. Pure: the same demand, the same plan. */
export function planOf(demand: Demand, prices: Prices): Plan {
  const layout = clusterLayouts[demand.layout];
  const peak = demand.eventsPerSecond * demand.peak;
  const consumer = consumersFor(demand, peak);
  const flusher = flushersFor(demand, peak);
  const kafka = kafkaFor(demand, layout.replicationFactor);
  const objectsOfWindow = demand.registrations * demand.accounts * chosen.objectsPerWindow;
  const objectsPerDay = (objectsOfWindow * daySeconds) / demand.windowSeconds;
  const rows = Math.max(1, (demand.eventsPerSecond * daySeconds) / objectsPerDay);
  const cores = consumer.replicas * consumer.cores + flusher.replicas * flusher.cores + chosen.replicasMin;
  const plan = {
    peakEventsPerSecond: peak,
    agentPartitions: { needed: Math.ceil(consumer.replicas / demand.classes), layout: layout.agentPartitions },
    handoffPartitions: { needed: Math.ceil(flusher.replicas / demand.classes), layout: layout.handoffPartitions },
    consumer,
    flusher,
    registration: { replicas: chosen.replicasMin },
    kafka,
    objectsPerDay: Math.round(objectsPerDay),
    objectBytes: Math.round(rows * measured.objectBytes),
    assumeRolesPerDay: Math.round((demand.registrations * daySeconds) / chosen.sessionSeconds),
    usdPerMonth: {
      cores: Math.round(cores * 24 * monthDays * prices.coreHour),
      disks: Math.round((kafka.diskBytes / 1e9) * prices.gigabyteMonth),
      putsOfCustomers: Math.round((objectsPerDay * monthDays * prices.thousandPuts) / 1_000),
    },
  };
  return { ...plan, warnings: warningsOf(plan) };
}

/** One thread of a consumer does its work: its replicas are the threads. */
function consumersFor(demand: Demand, peak: number): ServicePlan {
  const busy = workOf(demand, peak).consumerMicros / 1e6;
  const replicas = Math.max(chosen.replicasMin, Math.ceil(busy / chosen.utilisation));
  return { replicas, cores: 1, memoryBytes: roundUp(measured.consumerResidentBytes * 1.25, 64 * 2 ** 20) };
}

/**
 * Flushers have two limits: their threads must keep up, and what is left of a window at its end must be encoded in time.
 * A partition never has more left than its cut, as the cut comes early there.
 */
function flushersFor(demand: Demand, peak: number): Plan['flusher'] {
  const { encoderThreads, cutBytesMax } = demand;
  const work = workOf(demand, peak);
  const toKeepUp = work.encodeMicros / 1e6 / chosen.utilisation / encoderThreads;
  const toEndInTime =
    Math.max(...sharesOfPeak.map((share) => encodeSecondsAtEnd(demand, peak * share))) /
    chosen.encodeWithinSeconds /
    encoderThreads;
  const toCollect = work.collectMicros / 1e6 / chosen.utilisation;
  const replicas = Math.max(chosen.replicasMin, Math.ceil(Math.max(toKeepUp, toEndInTime, toCollect)));
  // What arrives while the cut is put is held as well.
  const held = (bytesAtEnd(demand, peak) + work.handoffBytes * chosen.encodeWithinSeconds) / replicas;
  const memoryBytesMax = roundUp(Math.max(held * 1.25, cutBytesMax + 16 * 2 ** 20), 64 * 2 ** 20);
  const memoryBytes = roundUp(memoryBytesMax + chosen.flusherBaseBytes, 64 * 2 ** 20);
  return { replicas, cores: 1 + encoderThreads, memoryBytes, memoryBytesMax };
}

/** A quieter hour may leave more to encode at the end of a window than the busiest, which cuts early at its bytes. */
const sharesOfPeak = Array.from({ length: 20 }, (_, at) => (at + 1) / 20);

/** Bytes that are left at the end of a window, in all partitions: what came in it, or a whole cut of each. */
function bytesAtEnd(demand: Demand, eventsPerSecond: number): number {
  const partitions = clusterLayouts[demand.layout].handoffPartitions * demand.classes;
  const { handoffBytes } = workOf(demand, eventsPerSecond);
  return Math.min(handoffBytes * demand.windowSeconds, partitions * demand.cutBytesMax);
}

/** Seconds of an encoding thread for them. */
function encodeSecondsAtEnd(demand: Demand, eventsPerSecond: number): number {
  const { handoffBytes, encodeMicros } = workOf(demand, eventsPerSecond);
  return ((bytesAtEnd(demand, eventsPerSecond) / handoffBytes) * encodeMicros) / 1e6;
}

/** Disks hold every retention in full, before compression: what is sent compressed takes less. */
function kafkaFor(demand: Demand, replication: number): Plan['kafka'] {
  const { eventsPerSecond, jsonShare } = demand;
  const { avro, json } = measured.agentBytes;
  const agentBytes = eventsPerSecond * (avro + jsonShare * (json - avro));
  const { handoffBytes } = workOf(demand, eventsPerSecond);
  const kept = (prefix: string) => (topics.find(({ name }) => name.startsWith(prefix))?.retentionMs ?? 0) / 1_000;
  return {
    inBytesPerSecond: agentBytes + handoffBytes,
    diskBytes: (agentBytes * kept('agent.') + handoffBytes * kept('ocsf.')) * replication,
  };
}

function warningsOf(plan: Omit<Plan, 'warnings'>): string[] {
  const short = (what: string, { needed, layout }: { needed: number; layout: number }) =>
    needed <= layout
      ? []
      : [`${what} need ${needed} partitions a class, and the production layout has ${layout}: split the region.`];
  return [
    ...short('Consumers', plan.agentPartitions),
    ...short('Flushers', plan.handoffPartitions),
    ...(plan.objectBytes < 100_000
      ? ['Objects are small: fewer and larger ones are cheaper to query. A longer window would make them larger.']
      : []),
  ];
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;
