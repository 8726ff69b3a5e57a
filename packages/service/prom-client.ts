import { metrics as contracts, type MetricName } from '@tributary/schemas/metrics.ts';
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

/** Metrics in a registry of their own; Node's process metrics are added when `withProcess`. */
export function createMetrics(withProcess = false): Metrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const made = new Map<MetricName, Counter | Gauge | Histogram>();
  const get = (name: MetricName) => {
    const existing = made.get(name);
    if (existing) return existing;
    const contract = contracts[name];
    const options = { name, help: contract.help, labelNames: [...contract.labels], registers: [registry] };
    const metric =
      contract.kind === 'counter'
        ? new Counter(options)
        : contract.kind === 'gauge'
          ? new Gauge(options)
          : new Histogram({ ...options, buckets: [...contract.buckets] });
    made.set(name, metric);
    return metric;
  };
  return {
    count: (name, labels = {}, by = 1) => (get(name) as Counter).inc({ ...labels }, by),
    set: (name, labels, value) => (get(name) as Gauge).set({ ...labels }, value),
    observe: (name, labels, value) => (get(name) as Histogram).observe({ ...labels }, value),
    page: () => registry.metrics(),
  };
}
