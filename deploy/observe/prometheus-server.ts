import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { PrometheusApi } from './prometheus-api.ts';

/** What a server scrapes, and by which rules it judges it. */
export interface ServerOptions {
  /** A folder for its data, of which it owns all: it is emptied first, and gone when the server has stopped. */
  readonly directory: string;
  /** `host:port` of each page, by the name of its job. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Rule groups as a Prometheus reads them (`rules.ts`). */
  readonly rules: object;
  readonly scrapeSeconds: number;
  readonly evaluationSeconds: number;
  /** Its port on 127.0.0.1; a free one when absent. */
  readonly port?: number;
  /** Labels that all scraped series get. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A running Prometheus of this machine. */
export interface PrometheusServer {
  readonly api: PrometheusApi;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const looks = 300;
const lookEveryMs = 200;

/**
 * Starts the program `prometheus` on 127.0.0.1. Resolves when it has scraped every target; rejects, with what the server
 * said, when it ended before that or hasn't within a minute. It ends with this process at the latest.
 */
export async function startPrometheus(options: ServerOptions): Promise<PrometheusServer> {
  const { directory, port = await freePort() } = options;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'rules.yaml'), stringify(options.rules));
  await writeFile(join(directory, 'prometheus.yaml'), stringify(configurationOf(options)));
  const server = execa(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { reject: false, stdin: 'ignore', all: true },
  );
  const api = new PrometheusApi(`http://127.0.0.1:${port}`);
  const ended = server.then(() => {});
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      allScraped(api, Object.values(options.targets).flat().length),
      server.then(({ all, cause, message }) => {
        const said = all.trim().split('\n').at(-1) || (cause instanceof Error ? cause.message : message);
        throw new Error(`Prometheus ended at once: ${said}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { api, ended, stop };
}

async function allScraped(api: PrometheusApi, targets: number): Promise<void> {
  for (let look = 0; look < looks; look++) {
    const [up] = await api.query('sum(up)').catch(() => []);
    if (up?.value === targets) return;
    await delay(lookEveryMs);
  }
  throw new Error(`Prometheus at ${api.url} could not scrape all of its ${targets} pages within a minute.`);
}

function configurationOf({ targets, scrapeSeconds, evaluationSeconds, labels }: ServerOptions): object {
  const interval = `${scrapeSeconds}s`;
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: `${evaluationSeconds}s`,
    },
    rule_files: ['rules.yaml'],
    scrape_configs: Object.entries(targets).map(([job, hosts]) => ({
      job_name: job,
      static_configs: [{ targets: hosts, ...(labels && { labels }) }],
    })),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
