/** What can be measured, in the order of the table. The names are those of `--only`. */
export const measures = {
  'decode-avro': 'Avro to an activity (decode)',
  'decode-json': 'JSON to an activity (decode)',
  normalise: 'activity to OCSF row (normalise)',
  'hand-off': 'rows to Arrow messages (publish)',
  collect: 'messages to planned objects (collect, cut)',
  encode: 'objects to sorted zstd Parquet (encode)',
  whole: 'all of it, from Avro bytes',
  duckdb: 'DuckDB: the objects of encode, 1 thread',
  'arrow-writer': 'rows to one Arrow message, few rows',
  'arrow-js': 'arrow-js builders: the same message',
} as const;

/** One line of the table. */
export type MeasureName = keyof typeof measures;

/** The names of all measures, in order. */
export const measureNames = Object.keys(measures) as MeasureName[];

/** What is compared with what: two measures that make the same of the same rows. */
export const comparisons: readonly { readonly ours: MeasureName; readonly theirs: MeasureName }[] = [
  { ours: 'encode', theirs: 'duckdb' },
  { ours: 'arrow-writer', theirs: 'arrow-js' },
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
