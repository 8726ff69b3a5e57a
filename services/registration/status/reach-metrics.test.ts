import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics, type Metrics } from '@tributary/service';
import { countReach } from './reach-metrics.ts';
import { noon } from './receipts.fixture.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = createMetrics();
});

const reach = { eventClass: 'dns-activity', at: noon, heldBack: [], handedOffThrough: noon - 2_000 } as const;
const lines = async () => (await metrics.page()).split('\n').filter((line) => line.startsWith('tributary_'));

describe('how far a class has come', () => {
  it('is_told_of_the_partition_that_is_furthest_behind_with_a_sample_of_each', async () => {
    countReach({ ...reach, through: [noon - 10_000, noon - 400_000] }, metrics);
    const page = await lines();
    expect(page).toContain('tributary_registration_freshness_worst_seconds{event_class="dns-activity"} 400');
    expect(page).toContain('tributary_registration_freshness_seconds_bucket{le="360",event_class="dns-activity"} 1');
    expect(page).toContain('tributary_registration_freshness_seconds_count{event_class="dns-activity"} 2');
    expect(page).toContain('tributary_registration_handoff_lag_seconds{event_class="dns-activity"} 2');
  });

  it('counts_what_is_unknown_as_unknown_and_never_as_fresh', async () => {
    countReach({ ...reach, through: [undefined, undefined] }, metrics);
    const page = await lines();
    expect(page).toContain('tributary_registration_unknown_partitions{event_class="dns-activity"} 2');
    expect(page.join('\n')).not.toContain('tributary_registration_freshness');
  });

  it('tells_apart_who_is_held_back_by_a_lake_of_its_own', async () => {
    countReach({ ...reach, through: [noon], heldBack: [noon - 7_000_000, undefined] }, metrics);
    const page = await lines();
    expect(page).toContain('tributary_registration_held_back_registrations{event_class="dns-activity"} 2');
    expect(page).toContain('tributary_registration_held_back_seconds{event_class="dns-activity"} 7000');
    expect(page).toContain('tributary_registration_freshness_worst_seconds{event_class="dns-activity"} 0');
  });
});
