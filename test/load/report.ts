import Table from 'cli-table3';
import { type Figures, figuresOf, type Ratio, ratioOf, type Timing } from './figures.ts';
import { comparisons, type MeasureName, measureNames, measures } from './measures.ts';

/** Where and when it was measured. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly duckdb: string | undefined;
  /** Load average of the last minute before the first round, and after the last one. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** What was worked on; sizes in bytes per event. */
export interface Load {
  readonly events: number;
  readonly objects: number;
  readonly avroBytes: number;
  readonly jsonBytes: number;
  readonly handoffBytes: number;
  readonly parquetBytes: number;
  readonly duckdbBytes: number | undefined;
}

/** All that a run found, as `--json` writes it. Times are µs per event. */
export interface Report {
  readonly machine: Machine;
  readonly load: Load;
  readonly measures: Readonly<Partial<Record<MeasureName, Figures>>>;
  readonly ratios: readonly ({ readonly ours: MeasureName; readonly theirs: MeasureName } & Ratio)[];
}

/** Puts the timings of a run together. */
export function reportOf(machine: Machine, load: Load, timings: ReadonlyMap<MeasureName, readonly Timing[]>): Report {
  const ratios = comparisons.flatMap(({ ours, theirs }) => {
    const [our, their] = [timings.get(ours), timings.get(theirs)];
    return our === undefined || their === undefined ? [] : [{ ours, theirs, ...ratioOf(our, their) }];
  });
  const figures = [...timings].map(([name, own]) => [name, figuresOf(own)]);
  return { machine, load, measures: Object.fromEntries(figures), ratios };
}

/** The report for a person. */
export function shown({ machine, load, measures: figures, ratios }: Report): string {
  const times = table(['µs per event', 'median', 'min', 'max', 'CPU, median', 'events/s']);
  for (const name of measureNames) {
    const own = figures[name];
    if (own === undefined) continue;
    const numbers = [own.median, own.min, own.max, own.cpuMedian].map((us) => us.toFixed(1));
    times.push([measures[name], ...numbers, whole.format(1e6 / own.median)]);
  }
  const parts = [machineLine(machine), loadLine(load), times.toString()];
  if (ratios.length === 0) return parts.join('\n');
  const ratio = table(['ours / theirs, below 1 is faster', 'of medians', 'of rounds', 'of CPU']);
  for (const { ours, theirs, wall, lowest, highest, cpu } of ratios) {
    const range = `${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
    ratio.push([`${ours} / ${theirs}`, wall.toFixed(2), range, cpu.toFixed(2)]);
  }
  return [...parts, ratio.toString()].join('\n');
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function table(head: string[]): Table.Table {
  const colAligns = head.map((_, at) => (at === 0 ? ('left' as const) : ('right' as const)));
  const rowsTogether = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  return new Table({ head, colAligns, style: { head: [], border: [] }, chars: rowsTogether });
}

/** Load per core. The benchmark alone brings two cores to a load of about 2. */
const busyLoad = 1.2;

function machineLine({ processor, cores, node, duckdb, loadBefore, loadAfter }: Machine): string {
  const engines = duckdb === undefined ? `Node ${node}` : `Node ${node}, DuckDB ${duckdb}`;
  const loads = `load average ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} after`;
  const busy = Math.max(loadBefore, loadAfter) > busyLoad * cores;
  return `${cores} × ${processor}, ${engines}, ${loads}${busy ? '\nThe machine was busy: trust the processor’s time more than the wall clock.' : ''}`;
}

function loadLine({ events, objects, duckdbBytes, ...bytes }: Load): string {
  const sizes = [
    `Avro ${whole.format(bytes.avroBytes)}`,
    `JSON ${whole.format(bytes.jsonBytes)}`,
    `hand-off ${whole.format(bytes.handoffBytes)}`,
    `Parquet ${whole.format(bytes.parquetBytes)}`,
    ...(duckdbBytes === undefined ? [] : [`DuckDB's ${whole.format(duckdbBytes)}`]),
  ];
  return `${whole.format(events)} events, ${objects} objects; bytes per event: ${sizes.join(', ')}`;
}
