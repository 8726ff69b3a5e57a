import { expect, it } from '@jest/globals';
import { RoutedTotals } from './consumer-metrics.ts';

const page = (dns: number, file: number) => `# HELP tributary_consumer_events_total Agent events.
tributary_consumer_events_total{event_class="dns-activity",outcome="routed"} ${dns}
tributary_consumer_events_total{event_class="dns-activity",outcome="rejected"} 99
tributary_consumer_events_total{event_class="file-activity",outcome="routed"} ${file}
`;

it('counts what was routed, also over a restart of the consumer', () => {
  const routed = new RoutedTotals();
  routed.see(page(10, 5));
  routed.see(page(12, 5));
  routed.see(page(3, 1));
  expect([...routed.totals]).toEqual([
    ['dns-activity', 15],
    ['file-activity', 6],
  ]);
});
