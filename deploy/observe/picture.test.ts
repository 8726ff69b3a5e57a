import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { dashboards } from './dashboards.ts';
import { svgOf } from './echarts-svg.ts';
import { type DashboardJson, legendOf, pictureOf, queryOf, spanOf } from './picture.ts';
import { withUnit } from './units.ts';

const span = spanOf(10, 1_800_000_000, 5);
const dashboardOf = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `grafana/${name}.json`), 'utf8')) as DashboardJson;

/** A Prometheus that knows two event classes, and nothing of what was rejected. */
const api = {
  asked: [] as string[],
  async range(query: string) {
    this.asked.push(query);
    if (query.includes('rejected_total')) return [];
    return ['file-activity', 'dns-activity'].map((event_class, at) => ({
      labels: { event_class, region: 'us-1' },
      values: Array.from({ length: 30 }, (_, index) => [span.start + index * 20, at + index] as const),
    }));
  },
};

describe.each(Object.keys(dashboards))('the picture of the dashboard %s', (name) => {
  const json = dashboardOf(name);
  let svg: string;
  beforeAll(async () => {
    api.asked.length = 0;
    svg = svgOf(await pictureOf(json, api, span, 5));
  });
  const drawn = json.panels.filter(({ targets }) => targets !== undefined);

  it('asks_every_query_of_the_json_once_with_nothing_left_to_fill_in', () => {
    expect(api.asked).toHaveLength(drawn.flatMap(({ targets }) => targets!).length);
    expect(api.asked.filter((query) => query.includes('$'))).toEqual([]);
  });
  it('has_the_title_of_each_panel_and_the_legend_of_each_series', () => {
    expect(drawn.filter(({ title }) => !svg.includes(title.replaceAll('&', '&amp;')))).toEqual([]);
    expect(svg.includes('file-activity<')).toBe(true);
    expect(svg.includes('2027-01-15, 07:50 to 08:00 UTC')).toBe(true);
  });
  it('says_so_where_there_is_nothing', () => {
    const empty = drawn.filter(({ targets }) => targets!.every(({ expr }) => expr.includes('rejected_total')));
    expect(svg.split('Nothing of this in this time').length - 1).toBe(empty.length);
  });
});

describe('a query', () => {
  it('is_asked_over_as_long_as_grafana_would', () => {
    expect(queryOf('rate(a_total{region=~"$region"}[$__rate_interval])', span, 5)).toBe(
      'rate(a_total{region=~".*"}[20s])',
    );
  });
  it('has_its_labels_in_its_legend', () => {
    expect(legendOf('{{region}} {{event_class}}', { region: 'us-1', event_class: 'x' })).toBe('us-1 x');
    expect(legendOf('{{region}} {{event_class}}', { event_class: 'x' })).toBe('x');
  });
});

it.each([
  [0, 's', '0 s'],
  [0.0042, 's', '4.2 ms'],
  [90, 's', '1.5 min'],
  [1_234, 'reqps', '1.23 k/s'],
  [3 * 2 ** 20, 'bytes', '3 MiB'],
  [0.25, 'percentunit', '25 %'],
  [7, 'short', '7'],
  [0, 'short', '0'],
])('%d_in_%s_is_written_as_%s', (value, unit, text) => {
  expect(withUnit(value, unit)).toBe(text);
});
