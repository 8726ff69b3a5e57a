import type { Demand } from './demand.ts';
import type { Plan } from './plan.ts';

const bytes = (value: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const at = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1_000 ** at).toPrecision(3))} ${units[at]}`;
};
const mebibytes = (value: number) => `${Math.round(value / 2 ** 20)} MiB`;
const number = (value: number) => Math.round(value).toLocaleString('en');

/** The plan as a person reads it, line by line. */
export function planText(demand: Demand, plan: Plan): string {
  const { consumer, flusher, kafka, usdPerMonth } = plan;
  const rows: readonly (readonly [string, string])[] = [
    ['events', `${number(demand.eventsPerSecond)}/s on average, ${number(plan.peakEventsPerSecond)}/s at the peak`],
    [
      'agent partitions a class',
      `${plan.agentPartitions.needed} needed, ${plan.agentPartitions.layout} in the production layout`,
    ],
    [
      'hand-off partitions a class',
      `${plan.handoffPartitions.needed} needed, ${plan.handoffPartitions.layout} in the production layout`,
    ],
    ['consumers', `${consumer.replicas} replicas, ${consumer.cores} core and ${mebibytes(consumer.memoryBytes)} each`],
    [
      'flushers',
      `${flusher.replicas} replicas, ${flusher.cores} cores and ${mebibytes(flusher.memoryBytes)} each, MEMORY_BYTES_MAX=${flusher.memoryBytesMax}`,
    ],
    ['registration services', `${plan.registration.replicas} replicas`],
    ['Kafka', `${bytes(kafka.inBytesPerSecond)}/s in, ${bytes(kafka.diskBytes)} of disks (three copies, uncompressed)`],
    ['S3', `${number(plan.objectsPerDay)} objects a day of ${bytes(plan.objectBytes)} on average`],
    ['STS', `${number(plan.assumeRolesPerDay)} AssumeRole a day`],
    [
      'a month',
      `$${number(usdPerMonth.cores)} of cores, $${number(usdPerMonth.disks)} of disks; the customers pay $${number(usdPerMonth.putsOfCustomers)} for puts, all together`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...plan.warnings.map((sentence) => `\n! ${sentence}`),
  ].join('\n');
}
