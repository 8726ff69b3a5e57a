import {
  metrics as contracts,
  knownLabels,
  type MetricContract,
  type MetricName,
  metricsOf,
} from '@tributary/schemas/metrics.ts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** The metrics of one process, by the names of `schemas/metrics.ts` only. */
export interface Metrics {
  count(name: MetricName, labels?: Labels, by?: number): void;
  set(name: MetricName, labels: Labels, value: number): void;
  observe(name: MetricName, labels: Labels, value: number): void;
  /** The page in Prometheus' text format. */
  page(): Promise<string>;
}

/** Gauges of the client whose names say that they are counters, which `promtool check metrics` refuses. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Metrics in a registry of their own. Of a `service` that is named every metric is on the page from the start, as far as
 * its labels are known at 0, with Node's process metrics beside them.
 */
export function createMetrics(service?: 'consumer' | 'flusher' | 'registration'): Metrics {
  const registry = new Registry();
  const made = new Map<MetricName, Counter | Gauge | Histogram>();
  const get = (name: MetricName) => {
    const existing = made.get(name);
    if (existing) return existing;
    const contract: MetricContract = contracts[name];
    const options = { name, help: contract.help, labelNames: [...contract.labels], registers: [registry] };
    const metric =
      contract.kind === 'counter'
        ? new Counter(options)
        : contract.kind === 'gauge'
          ? new Gauge(options)
          : new Histogram({ ...options, buckets: [...contract.buckets!] });
    made.set(name, metric);
    return metric;
  };
  if (service !== undefined) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
    for (const [name, contract] of metricsOf(service)) startAtZero(get(name), contract);
  }
  return {
    count: (name, labels = {}, by = 1) => (get(name) as Counter).inc({ ...labels }, by),
    set: (name, labels, value) => (get(name) as Gauge).set({ ...labels }, value),
    observe: (name, labels, value) => (get(name) as Histogram).observe({ ...labels }, value),
    page: () => registry.metrics(),
  };
}

function startAtZero(metric: Counter | Gauge | Histogram, contract: MetricContract): void {
  for (const labels of knownLabels(contract)) {
    if (metric instanceof Counter) metric.inc({ ...labels }, 0);
    else if (metric instanceof Histogram) metric.zero({ ...labels });
  }
}
