import { productionPace } from './pace.ts';
import { rulesAt } from './rules.ts';

const metadata = (name: string) => ({ name, labels: { 'app.kubernetes.io/part-of': 'tributary' } });

/** The rules as the Prometheus operator reads them. */
export const prometheusRule = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: metadata('tributary'),
  spec: rulesAt(productionPace),
};

/** Which pages are scraped: the port `metrics` of each service's Service, whose name is the job. */
export const serviceMonitors = ['consumer', 'flusher', 'registration'].map((service) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: metadata(service),
  spec: {
    selector: { matchLabels: { 'app.kubernetes.io/name': service } },
    endpoints: [{ port: 'metrics', path: '/metrics', interval: '15s', scrapeTimeout: '10s' }],
  },
}));
