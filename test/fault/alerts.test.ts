import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/services.ts';
import { startPart, startStack, stopPart, stopStack } from '@tributary/local/stack.ts';
import { alertQueries } from '@tributary/observe/alerts.ts';
import { dashboards, queriesOf } from '@tributary/observe/dashboards.ts';
import type { Pace } from '@tributary/observe/pace.ts';
import { type PrometheusServer, startPrometheus } from '@tributary/observe/prometheus-server.ts';
import { familyOf, namesIn } from '@tributary/observe/queried.ts';
import { recordedShares, rulesAt } from '@tributary/observe/rules.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { metricsOf } from '@tributary/schemas/metrics.ts';
import type { Publisher } from '@tributary/stream';
import { execa } from 'execa';
import { prometheusOrReason } from '../tools/prometheus.ts';
import type { Customer } from './customer.ts';
import { HeldLake } from './held-lake.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const { skipped } = await prometheusOrReason();
const withPrometheus = skipped === undefined ? describe : describe.skip;

/** Longer than other tests' windows, and of three classes only: each object that a lake refuses has to be redelivered one by one. */
const windowSeconds = 10;
const eventClasses = ['process-activity', 'file-activity', 'network-activity'] as const;

/** The rules of production, thirty times as fast: a range of 15 minutes is one of 30 seconds, a wait of 5 minutes one of 10 seconds. */
const pace: Pace = { windowSeconds, scale: 1 / 30, rangeSecondsMin: 10 };
/** Generous, for a machine that has much else to do: on a quiet one it takes a minute, and each quiet time as much again. */
const firesWithinMs = 240_000;
const quietWithinMs = 300_000;
const testMs = firesWithinMs + 2 * quietWithinMs + 60_000;

/** They look back over days, at this pace over more than an hour: whatever happened to the tests before is in them. */
const ofDays = ['FreshnessErodes', 'EndpointErodes'];

/** A counter by fault, of faults that none of this leads to: windows that were thrown away. */
const whatDidNotHappen = 'tributary_flusher_restarts_total';

/** Something that breaks, and whom it may wake. */
interface Breakage {
  readonly what: string;
  /** What must fire. */
  readonly alerts: readonly string[];
  /** What may fire as well, because it is just as true; anything else would send an operator astray. */
  readonly beside: readonly string[];
  break(): Promise<unknown>;
  heal(): Promise<unknown>;
}

withPrometheus('with the rules in a real Prometheus', () => {
  const mebibyte = 2 ** 20;
  const memory = { CUT_BYTES_MAX: String(4 * mebibyte), MEMORY_BYTES_MAX: String(20 * mebibyte) };
  let lakes: HeldLake | undefined;
  // As little memory as the settings allow, so that a test can fill it.
  const envOf = (name: string): Record<string, string> =>
    name === 'flusher' ? { ...memory, AWS_ENDPOINT_URL: lakes!.url } : {};
  let rig: FaultRig;
  const fed: Promise<unknown>[] = [];
  let flood: readonly Promise<unknown>[] = [];
  const endOfFeed = new AbortController();
  let prometheus: PrometheusServer | undefined;
  let directory = '';
  const customers: Customer[] = [];
  let publisher: Publisher | undefined;
  let surge: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    // A stack of its own: the rules look at a whole region, and other tests may leave customers whose lakes refuse.
    directory = await mkdtemp(join(tmpdir(), 'tributary-alerts-'));
    await startStack({ dir: join(directory, 'stack'), portBase: 0 });
    lakes = await HeldLake.open(readEndpoints(join(directory, 'stack')).aws);
    rig = new FaultRig({ windowSeconds, envOf }, join(directory, 'stack'));
    await rig.start();
    publisher = rig.stream.publisher();
    for (const _ of ['refusing', 'other', 'another']) customers.push(await rig.welcome(eventClasses));
    // The first one to feed registers the schemas.
    for (const customer of customers) await customer.feed(12, 100);
    prometheus = await startPrometheus({
      directory: join(directory, 'prometheus'),
      targets: Object.fromEntries(serviceNames.map((name) => [name, [hostOf(name)]])),
      rules: rulesAt(pace),
      scrapeSeconds: 2,
      evaluationSeconds: 1,
    });
    for (const customer of customers) fed.push(customer.feed(1e6, 20, endOfFeed.signal));
  }, 600_000);
  afterAll(async () => {
    endOfFeed.abort();
    await Promise.allSettled(fed);
    await publisher?.close();
    await prometheus?.stop();
    await (rig as FaultRig | undefined)?.stop();
    await lakes?.close();
    if (directory === '') return;
    await stopStack(join(directory, 'stack'));
    await rm(directory, { recursive: true, force: true });
  }, 300_000);
  // Whatever a test left broken is whole for the next one.
  afterEach(() => healAll(), 120_000);

  const hostOf = (service: (typeof serviceNames)[number]) => new URL(readEndpoints(rig.dir).metrics![service]!).host;

  const breakages: readonly Breakage[] = [
    {
      what: 'the lake of one customer refuses',
      alerts: ['LakeRefuses'],
      beside: [],
      break: () => customers[0]!.refuse(),
      heal: () => customers[0]!.accept(),
    },
    {
      what: 'the lakes of all customers refuse',
      alerts: ['LakesRefuse'],
      beside: ['LakeRefuses'],
      break: () => Promise.all(customers.map((customer) => customer.refuse())),
      heal: () => Promise.all(customers.map((customer) => customer.accept())),
    },
    {
      what: 'redis is away',
      alerts: ['SubscriptionsAway'],
      beside: ['HandoffLags', 'FreshnessBurns'],
      break: () => stopPart(rig.dir, 'redis'),
      heal: () => startPart(rig.dir, 'redis'),
    },
    {
      what: 'a consumer stands still',
      alerts: ['ProcessDown', 'HandoffLags'],
      beside: ['FreshnessBurns'],
      break: async () => rig.services.pause('consumer'),
      heal: async () => rig.services.resume('consumer'),
    },
    {
      what: 'the memory of a flusher is full',
      alerts: ['FlusherMemoryFull'],
      // It fills up because no lake answers.
      beside: ['LakesRefuse', 'FreshnessBurns'],
      break: async () => {
        lakes!.hold();
        flood = customers.map((customer) => customer.feed(15_000, 2_000));
      },
      heal: async () => {
        lakes!.letGo();
        await Promise.all(flood);
      },
    },
    {
      what: 'events are rejected',
      alerts: ['RejectedSurge'],
      beside: [],
      break: async () => {
        const record = { topic: agentTopic('dns-activity'), partition: 0, key: 'endpoint', value: 'no activity' };
        surge = setInterval(() => fed.push(publisher!.publish(Array(20).fill(record))), 500);
      },
      heal: async () => clearInterval(surge),
    },
  ];

  async function healAll(): Promise<void> {
    for (const { heal } of breakages) await heal();
  }

  const firing = async () => {
    const alerts = await prometheus!.api.alerts();
    return new Set(alerts.filter(({ state }) => state === 'firing').map(({ name }) => name));
  };

  /** Resolves when nothing fires that doesn't look back over days. */
  async function quiet(what: string): Promise<void> {
    let loud: string[] = [];
    await until(what, quietWithinMs, async () => {
      loud = [...(await firing())].filter((name) => !ofDays.includes(name));
      return loud.length === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; ${loud.join(', ')} still fire`);
    });
  }

  it.each(breakages.map((breakage) => [breakage.what, breakage] as const))(
    'wakes_for_the_right_thing_when_%s_and_lets_sleep_again_when_it_is_healed',
    async (what, breakage) => {
      await quiet('quiet before anything breaks');
      const seen = new Set<string>();
      const brokenAt = performance.now();
      await breakage.break();
      await until(`${breakage.alerts.join(' and ')} fire`, firesWithinMs, async () => {
        const now = await firing();
        for (const name of now) seen.add(name);
        return breakage.alerts.every((name) => now.has(name));
      });
      const healedAt = performance.now();
      await breakage.heal();
      await quiet('quiet after it was healed');
      const beside = [...seen].filter((name) => !breakage.alerts.includes(name) && !ofDays.includes(name));
      const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
      const figures = { fired: seconds(brokenAt, healedAt), quiet: seconds(healedAt, performance.now()) };
      process.stdout.write(`${JSON.stringify({ what, alerts: breakage.alerts, beside, seconds: figures })}\n`);
      expect(beside.filter((name) => !breakage.beside.includes(name))).toEqual([]);
    },
    testMs,
  );

  describe('after all that, the pages of the running services', () => {
    const pages = new Map<string, string>();
    beforeAll(async () => {
      for (const service of serviceNames)
        pages.set(service, await (await fetch(`http://${hostOf(service)}/metrics`)).text());
    }, 60_000);

    it.each(serviceNames)('have_nothing_for_promtool_to_complain_about: %s', async (service) => {
      const page = pages.get(service)!;
      const checked = await execa('promtool', ['check', 'metrics'], { input: page, all: true, reject: false });
      expect([checked.exitCode, checked.all]).toEqual([0, '']);
      expect(metricsOf(service).filter(([name]) => !page.includes(`# TYPE ${name} `))).toEqual([]);
    });

    it(
      'have_every_metric_that_a_rule_or_a_dashboard_reads',
      async () => {
        const recorded = recordedShares(pace).map(({ record }) => record!);
        const queries = [...alertQueries, ...Object.values(dashboards).flatMap(queriesOf)];
        const names = [...new Set(queries.flatMap(namesIn))].filter((name) => name !== 'up' && !name.includes(':'));
        const all = [...pages.values()].join('\n');
        let missing: string[] = [];
        expect(names.length).toBeGreaterThan(25);
        expect(names.filter((name) => !all.includes(`# TYPE ${familyOf(name)} `))).toEqual([]);
        // And Prometheus has seen figures of it, not only its name; shares of requests need requests.
        await until('Prometheus keeps figures of all', quietWithinMs, async () => {
          await fetch(`${readEndpoints(rig.dir).registration}/api/registrations/`);
          const kept = await prometheus!.api.names();
          missing = [...names, ...recorded].filter((name) => !kept.includes(name) && name !== whatDidNotHappen);
          return missing.length === 0;
        }).catch((error: Error) => {
          throw new Error(`${error.message}: ${missing.join(', ')}`);
        });
      },
      testMs,
    );
  });
});
