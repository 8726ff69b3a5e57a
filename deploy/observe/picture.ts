import type { PrometheusApi, Series, Span } from './prometheus-api.ts';

/** A panel as it is drawn: what the dashboard says of it, and what its queries answered. */
export interface DrawnPanel {
  readonly title: string;
  readonly about: string;
  /** Grafana's name of it. */
  readonly unit: string;
  /** A line that should not be crossed. */
  readonly limit?: number;
  /** In Grafana's grid: 24 columns wide, rows of 30 pixels. */
  readonly place: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** Sorted by legend. */
  readonly series: readonly { readonly legend: string; readonly values: Series['values'] }[];
}

/** A dashboard with what its Prometheus answered over a time. */
export interface Picture {
  readonly title: string;
  readonly span: Span;
  readonly panels: readonly DrawnPanel[];
}

/** The parts of a dashboard's JSON that are drawn. */
export interface DashboardJson {
  readonly title: string;
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly description?: string;
    readonly gridPos: DrawnPanel['place'];
    readonly fieldConfig?: {
      readonly defaults: {
        readonly unit: string;
        readonly custom: { readonly thresholdsStyle: { readonly mode: string } };
        readonly thresholds: { readonly steps: readonly { readonly value: number | null }[] };
      };
    };
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

/** So many values of a series are as many as can be told apart. */
const valuesMax = 240;

/** A span that ends at `endSeconds`, with as many values as a panel is wide, but none between two scrapes. */
export function spanOf(minutes: number, endSeconds: number, scrapeSeconds: number): Span {
  const step = Math.max(scrapeSeconds, Math.ceil((minutes * 60) / valuesMax));
  return { start: endSeconds - minutes * 60, end: endSeconds, step };
}

/** A panel's query as Grafana sends it where every value of a variable is chosen. */
export function queryOf(expr: string, { step }: Span, scrapeSeconds: number): string {
  const rateInterval = Math.max(step + scrapeSeconds, 4 * scrapeSeconds);
  return expr.replaceAll('$__rate_interval', `${rateInterval}s`).replaceAll(/\$\w+/g, '.*');
}

/** A legend with its labels filled in: `{{event_class}}` of a series. A label that the series lacks is left out. */
export function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  const filled = format.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  return filled.replaceAll(/\s+/g, ' ').trim();
}

/** Asks every query of a dashboard, and answers what there is to draw. Panels of text have nothing to draw. */
export async function pictureOf(
  dashboard: DashboardJson,
  api: Pick<PrometheusApi, 'range'>,
  span: Span,
  scrapeSeconds: number,
): Promise<Picture> {
  const panels = dashboard.panels.map(async ({ title, description, gridPos, fieldConfig, targets }) => {
    if (fieldConfig === undefined || targets === undefined) return [];
    const series = targets.map(async ({ expr, legendFormat }) => {
      const found = await api.range(queryOf(expr, span, scrapeSeconds), span);
      return found.map(({ labels, values }) => ({ legend: legendOf(legendFormat, labels), values }));
    });
    const { unit, custom, thresholds } = fieldConfig.defaults;
    const limit = custom.thresholdsStyle.mode === 'line' ? thresholds.steps.at(-1)?.value : undefined;
    const panel: DrawnPanel = {
      title,
      about: description ?? '',
      unit,
      place: gridPos,
      series: (await Promise.all(series)).flat().sort((one, other) => one.legend.localeCompare(other.legend)),
      ...(typeof limit === 'number' && { limit }),
    };
    return [panel];
  });
  return { title: dashboard.title, span, panels: (await Promise.all(panels)).flat() };
}
