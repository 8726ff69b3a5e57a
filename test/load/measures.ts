/** What can be measured, in the order of the table. The names are those of `--only`. */
export const measures = {
  columns: 'Avro to OCSF as Arrow, by columns',
  avsc: 'avsc alone: Avro to objects',
  rows: 'avsc, row by row, builders of arrow-js',
  consumer: 'the consumer, from Avro to messages',
  'consumer-json': 'the consumer, from JSON to messages',
  collect: 'messages to planned objects (collect, cut)',
  encode: 'objects to sorted zstd Parquet (encode)',
  whole: 'consumer, collect and encode, from Avro',
  duckdb: 'DuckDB: the objects of encode, 1 thread',
} as const;

/** One line of the table. */
export type MeasureName = keyof typeof measures;

/** The names of all measures, in order. */
export const measureNames = Object.keys(measures) as MeasureName[];

/** What is compared with what: two measures that make the same of the same events, or the least that another can do. */
export const comparisons: readonly { readonly ours: MeasureName; readonly theirs: MeasureName }[] = [
  { ours: 'columns', theirs: 'avsc' },
  { ours: 'columns', theirs: 'rows' },
  { ours: 'encode', theirs: 'duckdb' },
];

/** The measures that `--only` asks for, in order; what another tool does is never measured without ours beside it. */
export function chosenMeasures(only: readonly MeasureName[] | undefined): MeasureName[] {
  if (only === undefined) return measureNames;
  const chosen = new Set(only);
  for (const { ours, theirs } of comparisons) if (chosen.has(theirs)) chosen.add(ours);
  return measureNames.filter((name) => chosen.has(name));
}

/** The order within a round: each round starts one further, so that none always runs behind the same other. */
export function orderOf<Name>(names: readonly Name[], round: number): Name[] {
  const start = round % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}
