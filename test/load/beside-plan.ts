import type { Demand } from '@tributary/cli/capacity/demand.ts';
import { measured } from '@tributary/cli/capacity/measured.ts';
import { planOf } from '@tributary/cli/capacity/plan.ts';
import { workOf } from '@tributary/cli/capacity/work.ts';

/** What the services took for a run on a local stack. CPU in seconds of all threads, sizes in bytes. */
export interface Run {
  readonly events: number;
  /** How long events were fed. */
  readonly seconds: number;
  readonly consumer: ServiceUse;
  readonly flusher: ServiceUse;
  readonly agentBytes: number;
  /** Puts of objects that left the flusher, refused ones included. */
  readonly puts: number;
  readonly assumedRoles: number;
  readonly objects: number;
  readonly objectBytes: number;
}

/** What one process took. */
export interface ServiceUse {
  /** Beyond what it takes while nothing comes. */
  readonly cpuSeconds: number;
  /** While nothing comes, cores. */
  readonly idleCores: number;
  /** The most that it was, as the kernel saw it. */
  readonly residentBytes: number;
}

/** One figure of the plan beside that of the run. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly planned: number;
  readonly measured: number;
}

const noPrices = { coreHour: 0, gigabyteMonth: 0, thousandPuts: 0 };

/** What `tributary plan` says of the run's own input, beside what the run took. */
export function besidePlan(demand: Demand, run: Run): Comparison[] {
  const plan = planOf(demand, noPrices);
  const work = workOf(demand, demand.eventsPerSecond);
  const micros = (ofSecond: number) => ofSecond / demand.eventsPerSecond;
  const bytes = measured.agentBytes;
  const days = run.seconds / 86_400;
  const cpu = ({ cpuSeconds }: ServiceUse) => (cpuSeconds * 1_000) / run.events;
  const mebibytes = (value: number) => value / 2 ** 20;
  const of = (what: string, unit: string, planned: number, found: number) => ({ what, unit, planned, measured: found });
  return [
    of('consumer', 'CPU s for 1,000 events', micros(work.consumerMicros) / 1_000, cpu(run.consumer)),
    of('flusher', 'CPU s for 1,000 events', micros(work.collectMicros + work.encodeMicros) / 1_000, cpu(run.flusher)),
    of('consumer, memory', 'MiB', mebibytes(plan.consumer.memoryBytes), mebibytes(run.consumer.residentBytes)),
    of('flusher, memory', 'MiB', mebibytes(plan.flusher.memoryBytes), mebibytes(run.flusher.residentBytes)),
    of(
      'an event as agents send it',
      'bytes',
      bytes.avro + demand.jsonShare * (bytes.json - bytes.avro),
      run.agentBytes / run.events,
    ),
    of('objects', 'in the run', plan.objectsPerDay * days, run.objects),
    of('S3 PutObject', 'requests', plan.objectsPerDay * days, run.puts),
    // A session lasts longer than such a run: one for each registration.
    of('STS AssumeRole', 'requests', demand.registrations * Math.max(1, run.seconds / 3_300), run.assumedRoles),
    of('an event in an object', 'bytes', measured.objectBytes, run.objectBytes / run.events),
  ];
}

/** The comparisons as a table of Markdown. */
export function tableOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ what, unit, planned, measured: found }) => {
    const cells = [what, unit, shown(planned), shown(found), (found / planned).toFixed(2)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| what | unit | planned | measured | measured / planned |', '|---|---|---|---|---|', ...rows].join('\n');
}

const shown = (value: number) =>
  value < 100 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en');

/** The text between `<!-- name -->` and `<!-- /name -->` of a page replaced. Throws when the page has no such place. */
export function withPart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
