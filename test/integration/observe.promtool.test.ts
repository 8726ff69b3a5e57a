import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { alerts } from '@tributary/observe/alerts.ts';
import { dashboards, queriesOf } from '@tributary/observe/dashboards.ts';
import { createMetrics } from '@tributary/service';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { prometheusOrReason } from '../tools/prometheus.ts';

const { skipped } = await prometheusOrReason();
const withPromtool = skipped === undefined ? describe : describe.skip;
const folder = join(repositoryRoot, 'deploy/observe/prometheus');
/** It works days of samples through, on a machine that may be busy. */
const withinMs = 120_000;

/** Its exit code and all it said. */
async function promtool(args: readonly string[], input = ''): Promise<{ code: number | undefined; said: string }> {
  const { exitCode, all } = await execa('promtool', args, { input, all: true, reject: false, timeout: withinMs });
  return { code: exitCode, said: all };
}

withPromtool('promtool', () => {
  let own: string;
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), 'tributary-promtool-'));
  });
  afterAll(() => rm(own, { recursive: true, force: true }));

  it('finds_nothing_wrong_with_the_rules', async () => {
    expect(await promtool(['check', 'rules', join(folder, 'rules.yaml')])).toMatchObject({ code: 0 });
  });

  it(
    'sees_each_alert_fire_on_what_it_is_there_for_and_stay_quiet_on_what_only_looks_like_it',
    async () => {
      expect(await promtool(['test', 'rules', join(folder, 'rules-test.yaml')])).toMatchObject({ code: 0 });
      const { tests } = parse(readFileSync(join(folder, 'rules-test.yaml'), 'utf8')) as {
        tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
      };
      const firing = tests.flatMap((test) => test.alert_rule_test).filter(({ exp_alerts }) => exp_alerts.length > 0);
      expect(alerts.map(({ name }) => name).filter((name) => !firing.some((one) => one.alertname === name))).toEqual(
        [],
      );
    },
    withinMs,
  );

  it(
    'sees_an_alert_that_does_not_fire',
    async () => {
      const broken = readFileSync(join(folder, 'rules.yaml'), 'utf8').replace('== 0', '== 7');
      await writeFile(join(own, 'rules.yaml'), broken);
      await writeFile(join(own, 'test.yaml'), readFileSync(join(folder, 'rules-test.yaml')));
      const { code, said } = await promtool(['test', 'rules', join(own, 'test.yaml')]);
      expect([code, said]).toEqual([1, expect.stringContaining('ProcessDown')]);
    },
    withinMs,
  );

  it.each(Object.keys(dashboards))('reads_every_query_of_the_dashboard_%s', async (name) => {
    const rules = queriesOf(dashboards[name]!).map((expr, at) => ({ record: `query:${at}`, expr }));
    await writeFile(join(own, `${name}.yaml`), stringify({ groups: [{ name, rules }] }));
    expect(await promtool(['check', 'rules', join(own, `${name}.yaml`)])).toMatchObject({ code: 0 });
  });

  it.each(['consumer', 'flusher', 'registration'] as const)(
    'finds_nothing_wrong_with_the_page_of_a_%s',
    async (service) => {
      const page = await createMetrics(service).page();
      expect(await promtool(['check', 'metrics'], page)).toEqual({ code: 0, said: '' });
    },
  );

  it('finds_a_gauge_that_is_named_like_a_counter', async () => {
    const page = '# HELP a_total An a.\n# TYPE a_total gauge\na_total 1\n';
    expect(await promtool(['check', 'metrics'], page)).toMatchObject({ code: 3 });
  });
});
