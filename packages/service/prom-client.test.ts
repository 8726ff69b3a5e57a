import { expect, it } from '@jest/globals';
import { metricsOf } from '@tributary/schemas/metrics.ts';
import { createMetrics } from './prom-client.ts';

it.each(['consumer', 'flusher', 'registration'] as const)(
  'has_every_metric_of_a_%s_on_its_page_before_anything_happens',
  async (service) => {
    const page = await createMetrics(service).page();
    expect(metricsOf(service).filter(([name]) => !page.includes(`# TYPE ${name} `))).toEqual([]);
    expect(page).toContain('nodejs_eventloop_lag_p99_seconds');
  },
);

// Prometheus takes no first value for an increase: what only shows itself with its first event is never seen to rise.
it('starts_what_can_happen_at_zero', async () => {
  const page = await createMetrics('consumer').page();
  expect(page).toContain('tributary_consumer_events_total{event_class="dns-activity",outcome="rejected"} 0');
  expect(page).toContain('tributary_consumer_batch_seconds_count{event_class="dns-activity"} 0');
});

it('has_no_metric_of_another_service', async () => {
  const page = await createMetrics('registration').page();
  expect(page).not.toMatch(/tributary_(consumer|flusher)_/);
});
