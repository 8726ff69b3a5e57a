import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRow, expectedOf, messageOf, plain, type Row } from './handoff.fixture.ts';
import { encodeObject } from './parquet-wasm.ts';

describe('an object as a second reader sees it', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tributary-lake-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function query(bytes: Uint8Array, sql: (table: string) => string) {
    const file = join(directory, 'object.parquet');
    await writeFile(file, bytes);
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    try {
      return (await connection.runAndReadAll(sql(`read_parquet('${file}')`))).getRowObjectsJson();
    } finally {
      connection.closeSync();
    }
  }

  it('has_equal_rows_in_equal_order', async () => {
    const rows = fc.sample(anyRow, { numRuns: 400, seed: 7 });
    const object = await encodeObject({
      messages: [messageOf(rows.slice(0, 150), rows.slice(150, 200)), messageOf(rows.slice(200))],
      rows: { message: rows.map((_, i) => (i < 200 ? 0 : 1)), row: rows.map((_, i) => (i < 200 ? i : i - 200)) },
    });
    const found = await query(object.bytes, (table) => `SELECT * REPLACE (epoch_ms(time_dt) AS time_dt) FROM ${table}`);
    const entries = (map: unknown) =>
      (map as { key: string; value: unknown }[] | null)?.map(({ key, value }) => [key, value]);
    const asRows = found.map((row) => plain({ ...row, unmapped: entries(row.unmapped) }) as Record<string, unknown>);
    const numbers = asRows.map((row) => ({ ...row, time: Number(row.time), time_dt: numberOf(row.time_dt) }));
    expect(numbers).toEqual(expectedOf(rows) as Row[]);
  }, 30_000);

  it('has_the_types_that_queries_on_security_lake_expect', async () => {
    const [row] = fc.sample(anyRow, { numRuns: 1, seed: 1 });
    const object = await encodeObject({ messages: [messageOf([row!])], rows: { message: [0], row: [0] } });
    const columns = await query(object.bytes, (table) => `DESCRIBE SELECT * FROM ${table}`);
    expect(Object.fromEntries(columns.map((column) => [column.column_name, column.column_type]))).toEqual({
      time: 'BIGINT',
      time_dt: 'TIMESTAMP WITH TIME ZONE',
      severity_id: 'INTEGER',
      risk: 'DOUBLE',
      is_remote: 'BOOLEAN',
      message: 'VARCHAR',
      class_name: 'VARCHAR',
      device: 'STRUCT(hostname VARCHAR, ip VARCHAR[], os STRUCT("name" VARCHAR, type_id INTEGER))',
      hashes: 'STRUCT("value" VARCHAR, algorithm_id INTEGER)[]',
      unmapped: 'MAP(VARCHAR, VARCHAR)',
    });
  });
});

const numberOf = (value: unknown) => (value === null ? null : Number(value));
