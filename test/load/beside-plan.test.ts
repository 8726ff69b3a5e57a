import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { measured } from '@tributary/cli/capacity/measured.ts';
import { workOf } from '@tributary/cli/capacity/work.ts';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { besidePlan, type Run, tableOf, withPart } from './beside-plan.ts';

const demand = {
  eventsPerSecond: 100,
  registrations: 18,
  accounts: 1,
  classes: 6,
  peak: 1,
  jsonShare: 0,
  windowSeconds: 20,
  encoderThreads: 1,
  cutBytesMax: 128 * 2 ** 20,
  lingerSeconds: 5,
  layout: 'local',
} as const;
const work = workOf(demand, 100);
const use = (micros: number) => ({ cpuSeconds: (micros * 10_000) / 1e6, idleCores: 0.01, residentBytes: 2 ** 28 });
const run: Run = {
  events: 10_000,
  seconds: 100,
  consumer: use(work.consumerMicros / 100),
  flusher: use((2 * (work.collectMicros + work.encodeMicros)) / 100),
  agentBytes: measured.agentBytes.avro * 10_000,
  puts: 100,
  assumedRoles: 18,
  objects: 95,
  objectBytes: measured.objectBytes * 10_000,
};
const ratios = new Map(
  besidePlan(demand, run).map(({ what, planned, measured: found }) => [what, Number((found / planned).toFixed(2))]),
);

describe('a run beside its plan', () => {
  it('takes_what_was_planned_where_each_event_costs_what_was_measured', () => {
    expect(ratios.get('consumer')).toBe(1);
    expect(ratios.get('flusher')).toBe(2);
    expect(ratios.get('an event as agents send it')).toBe(1);
    expect(ratios.get('STS AssumeRole')).toBe(1);
  });
  it('counts_one_object_a_registration_and_window', () => {
    // 18 registrations, five windows, and 5 % for events of another day.
    expect(ratios.get('objects')).toBe(Number((95 / (18 * 5 * 1.05)).toFixed(2)));
  });
  it('is_a_table_with_the_ratio_last', () => {
    expect(
      tableOf([{ what: 'objects', unit: 'in the run', planned: 2_000, measured: 1_000 }])
        .split('\n')
        .at(-1),
    ).toBe('| objects | in the run | 2,000 | 1,000 | 0.50 |');
  });
  it('has_its_place_in_the_page', () => {
    const page = readFileSync(join(repositoryRoot, 'docs/capacity.md'), 'utf8');
    expect(withPart(page, 'measured run', 'new')).toContain('<!-- measured run -->\nnew\n<!-- /measured run -->');
    expect(() => withPart(page, 'no such place', 'new')).toThrow('no such place');
  });
});
