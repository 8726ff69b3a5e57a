import { metrics } from '@tributary/schemas/metrics.ts';
import { customerPanels, type Panel, worksPanels } from './panels.ts';

const columns = 2;
const width = 24 / columns;
const height = 8;

/** A dashboard as Grafana imports it, with the metrics that it needs. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly [key: string]: unknown;
}

const datasource = { type: 'prometheus', uid: '$datasource' };

function timeseries({ title, about, unit, queries, limit }: Panel, at: number, where: string): object {
  const steps = [{ color: 'green', value: null }, ...(limit === undefined ? [] : [{ color: 'red', value: limit }])];
  return {
    id: at + 1,
    type: 'timeseries',
    title,
    description: about,
    datasource,
    gridPos: { x: (at % columns) * width, y: Math.floor(at / columns) * height, w: width, h: height },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: { fillOpacity: 8, thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' } },
        thresholds: { mode: 'absolute', steps },
      },
      overrides: [],
    },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr: expr.replaceAll('$where', where).replaceAll('{,', '{'),
      legendFormat: legend,
    })),
  };
}

const sourceVariable = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
const query = (name: string, label: string, metric: keyof typeof metrics, multi: boolean) => ({
  name,
  label,
  type: 'query',
  datasource,
  query: `label_values(${metric}, ${name})`,
  refresh: 2,
  multi,
  includeAll: name === 'region',
  allValue: '.*',
});

function dashboard(uid: string, title: string, panels: readonly object[], variables: readonly object[]): Dashboard {
  return {
    uid: `tributary-${uid}`,
    title: `Tributary: ${title}`,
    tags: ['tributary'],
    schemaVersion: 39,
    editable: false,
    timezone: 'utc',
    time: { from: 'now-6h', to: 'now' },
    refresh: '30s',
    templating: { list: [sourceVariable, ...variables] },
    links: [{ type: 'dashboards', title: 'Tributary', tags: ['tributary'], keepTime: true, includeVars: true }],
    panels,
  };
}

const series = (panels: readonly Panel[], where: string) => panels.map((panel, at) => timeseries(panel, at, where));

const byRegion = (panels: readonly Panel[]): readonly Panel[] =>
  panels.map((panel) => ({
    ...panel,
    queries: panel.queries.map(({ expr, legend }) => ({
      expr: expr.replace(/ by \(/, ' by (region, '),
      legend: `{{region}} ${legend}`,
    })),
  }));

const fleetRegion = query('region', 'Home region', 'tributary_registration_journal_offset', true);
const oneRegion = query('region', 'Home region', 'tributary_registration_journal_offset', false);
const textbox = (name: string, label: string, text: string) => ({ name, label, type: 'textbox', query: text });

/** All home regions beside each other. Each region's Prometheus names it with the external label `region`. */
export const fleetDashboard = dashboard('fleet', 'all regions', series(byRegion(customerPanels), 'region=~"$region"'), [
  fleetRegion,
]);

/** One home region, from what customers feel down to the works. */
export const regionDashboard = dashboard(
  'region',
  'one region',
  series([...customerPanels, ...worksPanels], 'region=~"$region"'),
  [oneRegion],
);

const statusText = `Figures of one registration are no metrics: there are too many. Ask for them where they are kept:

- [its status](\${endpoint}/api/registrations/\${event_class}) and [its last objects](\${endpoint}/api/registrations/\${event_class}/deliveries), with an API key of its account
- who changed it: \`npx tributary audit --account \${account}\`
- what is known of it: \`npx tributary registrations list --account \${account}\`

Below: its event class in its region.`;

/** One registration: the way to its status, and its event class around it. */
export const registrationDashboard = dashboard(
  'registration',
  'one registration',
  [
    {
      id: 100,
      type: 'text',
      title: 'The registration $account/$event_class',
      gridPos: { x: 0, y: 0, w: 24, h: 6 },
      options: { mode: 'markdown', content: statusText },
    },
    ...series(
      [...customerPanels, ...worksPanels].filter(({ queries }) =>
        queries.every(({ expr }) => classMetrics().some((name) => expr.includes(name))),
      ),
      'region=~"$region", event_class="$event_class"',
    ).map((panel, at) => ({
      ...panel,
      gridPos: { x: (at % columns) * width, y: 6 + Math.floor(at / columns) * height, w: width, h: height },
    })),
  ],
  [
    oneRegion,
    textbox('account', 'Account', '123456789012'),
    query('event_class', 'Event class', 'tributary_consumer_events_total', false),
    textbox('endpoint', 'REST endpoint of the region', 'https://registrations.us-1.example.com'),
  ],
);

function classMetrics(): string[] {
  return Object.entries(metrics)
    .filter(([, { labels }]) => (labels as readonly string[]).includes('event_class'))
    .map(([name]) => name);
}

/** Every dashboard, by the name of its file. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  fleet: fleetDashboard,
  region: regionDashboard,
  registration: registrationDashboard,
};

/** Every query of a dashboard, as Prometheus would get it with all values allowed. */
export function queriesOf({ panels }: Dashboard): string[] {
  const all = (panels as { targets?: { expr: string }[] }[]).flatMap(({ targets }) => targets ?? []);
  return all.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*'));
}
