import { DuckDBInstance } from '@duckdb/node-api';
import { type CanonicalRow, canonicalRow } from './canonical.ts';

/** Reads Parquet files with one DuckDB; close it at the end. */
export async function openDuckdb() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    /** The rows of a Parquet file, in its order. */
    async read(path: string): Promise<CanonicalRow[]> {
      const result = await connection.runAndReadAll(
        'SELECT to_json(t)::VARCHAR FROM read_parquet($path, hive_partitioning = false) t',
        { path },
      );
      return result.getRows().map(([json]) => canonicalRow(JSON.parse(String(json))));
    },
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
