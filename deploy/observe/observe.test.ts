import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { faults } from '@tributary/schemas/faults.ts';
import { knownLabels, metrics } from '@tributary/schemas/metrics.ts';
import { Ajv } from 'ajv';
import { pageOf } from './alert.ts';
import { alertQueries, alerts } from './alerts.ts';
import { dashboards, queriesOf } from './dashboards.ts';
import { readOrEmpty, writtenFiles } from './files.ts';
import { prometheusRule, serviceMonitors } from './manifests.ts';
import { burnRanges, objectivesOf } from './objectives.ts';
import { duration, held, productionPace, range } from './pace.ts';
import { familyOf, namesIn } from './queried.ts';
import { rulesAt } from './rules.ts';

const root = join(import.meta.dirname, '../..');
const runbook = join(root, 'docs/runbook');
const rules = rulesAt(productionPace).groups.flatMap((group) => group.rules);
const recorded = rules.flatMap(({ record }) => record ?? []);

/** Metrics of the Node process, which the client brings, and of Prometheus itself. */
const ofTheProcess = ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes', 'up'];

/** Names in a query that no page and no rule has. */
function unknownIn(query: string): string[] {
  const exists = (name: string) => name in metrics || ofTheProcess.includes(name) || recorded.includes(name);
  return namesIn(query).filter((name) => !exists(name) && !exists(familyOf(name)));
}

describe('each query', () => {
  it.each(rules.map(({ alert, record, expr }) => [alert ?? record, expr]))('of_rule_%s_has_its_metrics', (_, expr) => {
    expect(expr).not.toBe('');
    expect(unknownIn(expr!)).toEqual([]);
  });
  it.each(Object.keys(dashboards))('of_dashboard_%s_has_its_metrics', (name) => {
    const queries = queriesOf(dashboards[name]!);
    expect(queries.length).toBeGreaterThan(4);
    expect(queries.flatMap(unknownIn)).toEqual([]);
    expect(queries.filter((query) => /\$|\{,/.test(query))).toEqual([]);
  });
  it('is_told_when_a_metric_does_not_exist', () => {
    expect(unknownIn('rate(tributary_consumer_evnts_total[5m])')).toEqual(['tributary_consumer_evnts_total']);
  });
  // An outcome that was renamed would make an alert that never fires.
  it('asks_only_for_outcomes_that_exist', () => {
    const outcomes = new Set(Object.values(metrics).flatMap((metric) => knownLabels(metric).map((set) => set.outcome)));
    const asked = alertQueries.flatMap((query) =>
      [...query.matchAll(/outcome=~?"([a-z_|]+)"/g)].flatMap(([, all]) => all!.split('|')),
    );
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  });
  it('asks_only_for_faults_that_exist', () => {
    const asked = alertQueries.flatMap((query) => [...query.matchAll(/fault!?=~?"([^"]+)"/g)].map(([, all]) => all!));
    const exists = (pattern: string) =>
      pattern
        .split('|')
        .every(
          (one) => one === 'unexpected' || Object.keys(faults).some((fault) => new RegExp(`^${one}$`).test(fault)),
        );
    expect(asked.filter((pattern) => !exists(pattern))).toEqual([]);
  });
});

describe('each alert', () => {
  const sections = ['## What it means for customers', '## How to confirm', '## What to do', '## Commands'];
  it.each(alerts.map((alert) => [alert.name, pageOf(alert)]))('%s_has_its_page', (name, page) => {
    const text = readOrEmpty(join(root, page));
    expect(text.split('\n')[0]).toBe(`# ${name}`);
    expect(sections.filter((section) => !text.includes(`\n${section}\n`))).toEqual([]);
    expect(unknownIn(text.replaceAll(/docs\/\S+/g, ''))).toEqual([]);
    expect(readOrEmpty(join(runbook, 'README.md'))).toContain(`[${name}](${page.replace('docs/runbook/', '')})`);
  });
  it('is_the_reason_of_each_page', () => {
    const known = [...alerts.map((alert) => pageOf(alert).replace('docs/runbook/', '')), 'README.md', 'faults.md'];
    expect(readdirSync(runbook).sort()).toEqual(known.sort());
  });
  it('names_only_commands_that_exist', () => {
    const pages = readdirSync(runbook).map((file) => readFileSync(join(runbook, file), 'utf8'));
    const commands = pages.flatMap((text) => [...text.matchAll(/npx tributary ([a-z-]+)(?: ([a-z-]+)(?=\s|$))?/g)]);
    expect(commands.length).toBeGreaterThan(5);
    const missing = commands.filter(([, command, sub]) => {
      const source = readOrEmpty(join(root, `bin/commands/${command}.ts`));
      return source === '' || (sub !== undefined && !sub.startsWith('-') && !source.includes(`command('${sub}`));
    });
    expect(missing.map(([line]) => line)).toEqual([]);
  });
  it('leads_to_pages_that_exist', () => {
    const links = readdirSync(runbook).flatMap((file) =>
      [...readFileSync(join(runbook, file), 'utf8').matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => join(runbook, to!)),
    );
    expect(links.filter((to) => !existsSync(to))).toEqual([]);
  });
});

it.each(Object.entries(faults))('the_fault_%s_has_its_entry_with_its_sentence_and_what_to_do', (code, { sentence }) => {
  const text = readFileSync(join(runbook, 'faults.md'), 'utf8');
  const entry = text.split('\n## ').find((section) => section.startsWith(`${code}\n`)) ?? '';
  expect(entry).toContain(sentence);
  expect(entry.trim().split('\n\n').length).toBeGreaterThanOrEqual(3);
});

it.each(Object.entries(writtenFiles))('%s_is_as_it_is_written_by_npx_tributary_observe_write', (name, text) => {
  expect(readOrEmpty(join(import.meta.dirname, name)) === text).toBe(true);
});

describe('the rules at another pace', () => {
  const quick = { windowSeconds: 3, scale: 1 / 60, rangeSecondsMin: 10 };
  it('are_the_same_rules_with_shorter_ranges_and_waits', () => {
    const names = (pace: typeof quick) =>
      rulesAt(pace).groups.flatMap((group) => group.rules.map(({ alert, record }) => alert ?? record));
    expect(names(quick)).toEqual(names(productionPace));
    expect([range(900, quick), range(60, quick), held(300, quick)]).toEqual(['15s', '10s', '5s']);
  });
  it('are_written_as_durations_that_prometheus_reads', () => {
    expect([0, 90, 300, 7_200, 259_200].map(duration)).toEqual(['0s', '90s', '5m', '2h', '3d']);
  });
  it('promise_a_window_and_a_minute', () => {
    expect(objectivesOf(productionPace)[0]!.bad('5m')).toContain('le="360"');
    expect(burnRanges).toEqual([300, 1_800, 3_600, 21_600, 259_200]);
  });
});

describe('what Kubernetes gets', () => {
  const schemas = join(root, '../shared/data/crd-schemas/monitoring.coreos.com');
  const isThere = existsSync(schemas);
  if (!isThere) console.warn('skipped: there are no schemas of custom resources in ../shared/data');
  const inKubernetes = isThere ? it : it.skip;
  inKubernetes.each([
    ['prometheusrule_v1.json', [prometheusRule]],
    ['servicemonitor_v1.json', serviceMonitors],
  ] as const)('is_valid_by_%s', (file, resources) => {
    const schema = JSON.parse(readFileSync(join(schemas, file), 'utf8').replaceAll('(?i)', '')) as object;
    const validate = new Ajv({ strict: false, validateFormats: false, logger: false }).compile(schema);
    for (const resource of resources) expect([validate(resource), validate.errors]).toEqual([true, null]);
    expect(validate({ ...resources[0], spec: { groups: 7, selector: 7 } })).toBe(false);
  });
});
