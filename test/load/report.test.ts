import { describe, expect, it } from '@jest/globals';
import { type Load, type Machine, reportOf, shown } from './report.ts';

const machine: Machine = {
  processor: 'some processor',
  cores: 2,
  node: '24.0.0',
  duckdb: undefined,
  loadBefore: 0.5,
  loadAfter: 2.1,
};
const load: Load = {
  events: 20_000,
  objects: 18,
  avroBytes: 1225.4,
  jsonBytes: 2054,
  handoffBytes: 2400,
  parquetBytes: 300,
  duckdbBytes: undefined,
};
const timings = (...wall: number[]) => wall.map((wallUs) => ({ wallUs, cpuUs: wallUs }));

describe('the report', () => {
  it('has_a_ratio_only_where_both_sides_were_measured', () => {
    const both = reportOf(
      machine,
      load,
      new Map([
        ['encode', timings(10)],
        ['duckdb', timings(20)],
        ['collect', timings(5)],
      ]),
    );
    expect(both.ratios).toEqual([{ ours: 'encode', theirs: 'duckdb', wall: 0.5, cpu: 0.5, lowest: 0.5, highest: 0.5 }]);
    expect(shown(both)).toMatch(/encode \/ duckdb.* 0\.50 /);
  });
  it('says_the_machine_the_load_and_each_measure_and_no_ratio_of_nothing', () => {
    const text = shown(reportOf(machine, load, new Map([['consumer', timings(40, 50, 90)]])));
    expect(text).toContain('2 × some processor, Node 24.0.0, load average 0.50 before, 2.10 after');
    expect(text).toContain('20,000 events, 18 objects; bytes per event: Avro 1,225,');
    expect(text).toMatch(/consumer.* 50\.0 .* 40\.0 .* 90\.0 .* 20,000 /);
    expect(text).not.toContain('ours / theirs');
    expect(text).not.toContain('busy');
  });
  it('says_when_others_were_at_work_on_the_machine', () => {
    const timed = new Map([['consumer', timings(40)] as const]);
    expect(shown(reportOf({ ...machine, loadAfter: 2.5 }, load, timed))).toContain('The machine was busy');
  });
});
