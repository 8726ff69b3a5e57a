import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readEndpoints, repositoryRoot, stackDirectory } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/services.ts';
import { ensureProgram } from '@tributary/local/tools.ts';
import { dashboards } from '@tributary/observe/dashboards.ts';
import { writeFiles } from '@tributary/observe/files.ts';
import { productionPace } from '@tributary/observe/pace.ts';
import { type DashboardJson, pictureOf, spanOf } from '@tributary/observe/picture.ts';
import { PrometheusApi } from '@tributary/observe/prometheus-api.ts';
import { startPrometheus } from '@tributary/observe/prometheus-server.ts';
import { rulesAt } from '@tributary/observe/rules.ts';
import { type Command, Option } from 'commander';
import { whole } from '../whole-number.ts';

interface PictureOptions {
  readonly prometheus: string;
  readonly dashboard: string;
  readonly out: string;
  readonly minutes: number;
  readonly scrapeSeconds: number;
}

/** Draws a dashboard's own JSON, with its own queries, as a Prometheus answers them now. */
async function picture({ prometheus, dashboard, out, minutes, scrapeSeconds }: PictureOptions): Promise<void> {
  const file = join(repositoryRoot, `deploy/observe/grafana/${dashboard}.json`);
  const json = JSON.parse(readFileSync(file, 'utf8')) as DashboardJson;
  const span = spanOf(minutes, Math.floor(Date.now() / 1_000), scrapeSeconds);
  const drawn = await pictureOf(json, new PrometheusApi(prometheus), span, scrapeSeconds);
  // It is large, and no other command needs it.
  const { svgOf } = await import('@tributary/observe/echarts-svg.ts');
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, svgOf(drawn));
  const empty = drawn.panels.filter(({ series }) => series.length === 0).map(({ title }) => title);
  console.log(`Drew ${drawn.panels.length} panels into ${out}.`);
  if (empty.length > 0) console.log(`Nothing was there for: ${empty.join('; ')}.`);
}

/** Runs until Ctrl-C. */
async function prometheus({ dir, port }: { readonly dir?: string; readonly port: number }): Promise<void> {
  const { metrics } = readEndpoints(dir);
  const pages = serviceNames.flatMap((name) => metrics?.[name] ?? []);
  if (pages.length < serviceNames.length)
    throw new Error('The services of this stack don’t run. Start them with: npm start');
  await ensureProgram('prometheus', console.log);
  const server = await startPrometheus({
    directory: join(stackDirectory(dir), 'prometheus'),
    targets: Object.fromEntries(serviceNames.map((name) => [name, [new URL(metrics![name]!).host]])),
    rules: rulesAt(productionPace),
    scrapeSeconds: 5,
    evaluationSeconds: 5,
    port,
    labels: { region: 'us-1' },
  });
  console.log(`Prometheus with our rules: ${server.api.url}/alerts. Ctrl-C stops it.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop());
  await server.ended;
}

/** `tributary observe`: rules, monitors and dashboards, written from what deploy/observe says. */
export function add(program: Command) {
  const observe = program.command('observe').description('alert rules, ServiceMonitors and dashboards');
  observe
    .command('write')
    .description('writes deploy/observe/{prometheus,kubernetes,grafana} anew from its alerts, objectives and panels')
    .action(() => {
      const changed = writeFiles();
      console.log(changed.length === 0 ? 'Everything is as it should be.' : `Wrote ${changed.join(', ')}.`);
    });
  observe
    .command('prometheus')
    .description('runs a Prometheus with our rules beside the services of a local stack (npm start), until Ctrl-C')
    .option('--dir <dir>', 'the directory of the stack (.local)')
    .option('--port <n>', 'its port on 127.0.0.1', whole(1, 65_535), 9_090)
    .action(prometheus);
  observe
    .command('picture')
    .description('draws a dashboard as an SVG: its own JSON, with its own queries, as a Prometheus answers them')
    .requiredOption('--prometheus <url>', 'such as http://127.0.0.1:9090')
    .addOption(new Option('--dashboard <name>', 'which one').choices(Object.keys(dashboards)).default('fleet'))
    .requiredOption('--out <file>', 'where to write the SVG')
    .option('--minutes <n>', 'how far back', whole(1, 10_080), 15)
    .option('--scrape-seconds <n>', 'how often it scrapes', whole(1, 300), 15)
    .action(picture);
}
