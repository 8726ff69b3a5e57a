import { describe, expect, it } from '@jest/globals';
import type { Demand } from './demand.ts';
import { measured } from './measured.ts';
import { planOf } from './plan.ts';
import { planText } from './view.ts';
import { workOf } from './work.ts';

const demand: Demand = {
  eventsPerSecond: 20_000,
  registrations: 3_000,
  accounts: 1,
  classes: 6,
  peak: 2,
  jsonShare: 0,
  windowSeconds: 300,
  encoderThreads: 1,
  cutBytesMax: 128 * 2 ** 20,
  lingerSeconds: 10,
  layout: 'production',
};
const prices = { coreHour: 0.04, gigabyteMonth: 0.08, thousandPuts: 0.005 };
const plan = (changes: Partial<Demand> = {}) => planOf({ ...demand, ...changes }, prices);

describe('the work of a second', () => {
  const of = (changes: Partial<Demand>, eventsPerSecond: number) => workOf({ ...demand, ...changes }, eventsPerSecond);

  it('has_a_message_for_each_batch_and_hand-off_partition_that_it_has_rows_of', () => {
    // 48 partitions of six classes, a batch of each in ten seconds, with rows of all 24 hand-off partitions.
    expect(of({}, 40_000).messages).toBeCloseTo(28.8 * 24);
    expect(of({ registrations: 12 }, 40_000).messages).toBeCloseTo(28.8 * 2);
    // A batch of two events makes two messages, and a batch has one event at least.
    expect(of({}, 57.6).messages).toBeCloseTo(57.6);
    expect(of({}, 5).messages).toBeCloseTo(5);
  });
  it('costs_for_its_messages_and_objects_what_they_cost_however_many_rows_they_hold', () => {
    const { message, object } = measured;
    expect(of({}, 80_000).consumerMicros - of({}, 40_000).consumerMicros).toBeCloseTo(
      40_000 * measured.consumerMicros.avro,
    );
    expect(of({}, 80_000).handoffBytes - of({}, 40_000).handoffBytes).toBeCloseTo(40_000 * measured.handoffBytes);
    const { messages, objects, encodeMicros } = of({}, 40_000);
    expect(objects).toBe(10);
    expect(encodeMicros).toBeCloseTo(
      40_000 * measured.encodeMicros + messages * message.encodeMicros + 10 * object.encodeMicros,
    );
  });
  it('is_less_where_partitions_rest_longer', () => {
    expect(of({ lingerSeconds: 5 }, 2_000).collectMicros).toBeGreaterThan(of({}, 2_000).collectMicros);
  });
});

describe('a plan', () => {
  it('has_enough_threads_for_the_peak_at_half_of_their_time', () => {
    const { consumer } = plan();
    const { consumerMicros } = workOf(demand, 40_000);
    expect(consumer.replicas * 0.5 * 1e6).toBeGreaterThanOrEqual(consumerMicros);
    expect((consumer.replicas - 1) * 0.5 * 1e6).toBeLessThan(consumerMicros);
  });
  it('lets_flushers_encode_what_is_left_of_a_window_in_time', () => {
    for (const eventsPerSecond of [2_000, 20_000, 40_000]) {
      const { encodeMicros, handoffBytes } = workOf(demand, eventsPerSecond);
      const seconds = Math.min(300, (24 * 6 * demand.cutBytesMax) / handoffBytes);
      expect((seconds * encodeMicros) / 1e6 / plan().flusher.replicas).toBeLessThanOrEqual(30);
    }
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
    expect(plan({ accounts: 3 }).objectsPerDay).toBe(Math.round(3 * 3_000 * 288 * 1.05));
    expect(plan().assumeRolesPerDay).toBe(Math.round((3_000 * 86_400) / 3_300));
  });
  it('has_three_of_each_however_little_comes', () => {
    const small = plan({ eventsPerSecond: 1, registrations: 1, classes: 1 });
    expect([small.consumer.replicas, small.flusher.replicas, small.registration.replicas]).toEqual([3, 3, 3]);
  });
  it('needs_more_for_json_and_never_less_for_more', () => {
    expect(plan({ jsonShare: 1 }).consumer.replicas).toBeGreaterThan(plan().consumer.replicas);
    expect(plan({ jsonShare: 1 }).kafka.diskBytes).toBeGreaterThan(plan().kafka.diskBytes);
    expect(plan({ eventsPerSecond: 40_000 }).flusher.replicas).toBeGreaterThanOrEqual(plan().flusher.replicas);
    expect(plan({ eventsPerSecond: 400_000 }).flusher.replicas).toBeGreaterThan(plan().flusher.replicas);
  });
  it('says_when_the_layout_is_too_small_or_objects_are_tiny', () => {
    expect(plan().warnings).toEqual([]);
    expect(plan({ eventsPerSecond: 2_000_000 }).warnings.join()).toContain('split the region');
    expect(plan({ eventsPerSecond: 10 }).warnings.join()).toContain('Objects are small');
    expect(planText(demand, plan())).toContain('AssumeRole a day');
  });
});
