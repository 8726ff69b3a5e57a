import { describe, expect, it } from '@jest/globals';
import { measured } from './measured.ts';
import { type Demand, planOf } from './plan.ts';
import { planText } from './view.ts';

const demand: Demand = {
  eventsPerSecond: 20_000,
  registrations: 3_000,
  classes: 6,
  peak: 2,
  jsonShare: 0,
  windowSeconds: 300,
  encoderThreads: 1,
  cutBytesMax: 128 * 2 ** 20,
};
const prices = { coreHour: 0.04, gigabyteMonth: 0.08, thousandPuts: 0.005 };
const plan = (changes: Partial<Demand> = {}) => planOf({ ...demand, ...changes }, prices);

describe('a plan', () => {
  it('has_enough_threads_for_the_peak_at_half_of_their_time', () => {
    const { consumer } = plan();
    expect((consumer.replicas * 0.5 * 1e6) / measured.consumerMicros.avro).toBeGreaterThanOrEqual(40_000);
    expect(((consumer.replicas - 1) * 0.5 * 1e6) / measured.consumerMicros.avro).toBeLessThan(40_000);
  });
  it('lets_flushers_encode_what_is_left_of_a_window_in_time', () => {
    const { replicas } = plan().flusher;
    const rows = Math.min(40_000 * 300, (24 * 6 * demand.cutBytesMax) / measured.handoffBytes);
    expect((rows * measured.encodeMicros) / 1e6 / replicas).toBeLessThanOrEqual(30);
  });
  it('gives_flushers_a_budget_that_holds_a_window_and_a_whole_cut_to_redo', () => {
    const { replicas, memoryBytesMax, memoryBytes } = plan().flusher;
    expect(memoryBytesMax * replicas).toBeGreaterThan(40_000 * 300 * measured.handoffBytes);
    expect(plan({ eventsPerSecond: 1 }).flusher.memoryBytesMax).toBeGreaterThanOrEqual(
      demand.cutBytesMax + 16 * 2 ** 20,
    );
    expect(memoryBytes).toBeGreaterThan(memoryBytesMax);
  });
  it('counts_one_object_a_registration_and_window_and_a_session_an_hour', () => {
    expect(plan().objectsPerDay).toBe(Math.round(3_000 * 288 * 1.05));
    expect(plan().assumeRolesPerDay).toBe(Math.round((3_000 * 86_400) / 3_300));
  });
  it('has_three_of_each_however_little_comes', () => {
    const small = plan({ eventsPerSecond: 1, registrations: 1, classes: 1 });
    expect([small.consumer.replicas, small.flusher.replicas, small.registration.replicas]).toEqual([3, 3, 3]);
  });
  it('needs_more_for_json_and_never_less_for_more', () => {
    expect(plan({ jsonShare: 1 }).consumer.replicas).toBeGreaterThan(plan().consumer.replicas);
    expect(plan({ jsonShare: 1 }).kafka.diskBytes).toBeGreaterThan(plan().kafka.diskBytes);
    expect(plan({ eventsPerSecond: 40_000 }).flusher.replicas).toBeGreaterThan(plan().flusher.replicas);
  });
  it('says_when_the_layout_is_too_small_or_objects_are_tiny', () => {
    expect(plan().warnings).toEqual([]);
    expect(plan({ eventsPerSecond: 2_000_000 }).warnings.join()).toContain('split the region');
    expect(plan({ eventsPerSecond: 10 }).warnings.join()).toContain('Objects are small');
    expect(planText(demand, plan())).toContain('AssumeRole a day');
  });
});
