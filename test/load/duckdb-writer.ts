import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, version } from '@duckdb/node-api';

/** DuckDB with the rows of each object in a table of its own, in memory, in the order in which they arrived. */
export interface DuckdbWriter {
  readonly version: string;
  /** Writes each table, sorted by time, to a zstd Parquet file of its own, level 1 as ours. */
  write(): Promise<void>;
  /** The files of the last `write`, in order. */
  files(): Promise<Buffer[]>;
  close(): void;
}

/** Loads our objects into DuckDB, which is not measured, so that both start from rows in memory. */
export async function openDuckdbWriter(objects: readonly Uint8Array[], directory: string): Promise<DuckdbWriter> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  for (const [at, bytes] of objects.entries()) {
    const path = join(directory, `ours-${at}.parquet`);
    await writeFile(path, bytes);
    await connection.run(
      `CREATE TABLE t${at} AS SELECT * FROM read_parquet('${path}') ORDER BY metadata.logged_time, metadata.uid`,
    );
  }
  const outputs = objects.map((_, at) => join(directory, `duckdb-${at}.parquet`));
  const options = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';
  return {
    version: version(),
    async write() {
      for (const [at, path] of outputs.entries())
        await connection.run(`COPY (SELECT * FROM t${at} ORDER BY time) TO '${path}' (${options})`);
    },
    files: () => Promise.all(outputs.map((path) => readFile(path))),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
