import type { Prober } from '@tributary/lake';
import { auditTopic, clusterLayouts, registrationsTopic, topics } from '@tributary/schemas/kafka/topics.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { type Log, type Metrics, type OnStep, type RunningService, serveOperations } from '@tributary/service';
import type { Stream } from '@tributary/stream';
import { expectTopics } from '@tributary/stream/topic-job.ts';
import type { RequestStore, SubscriptionStore } from '@tributary/subscriptions';
import { Applier } from './applier.ts';
import { createServer, type ListenerOptions } from './fastify.ts';
import { endServer } from './fastify-end.ts';
import { KeyUse } from './key-use.ts';
import type { Deliveries, Statuses } from './neighbours.ts';
import type { RegistrationSettings } from './settings.ts';
import { longestProbeMs } from './steps/probe.ts';

/** What the service runs on; tests hand in fakes. */
export interface RegistrationNeighbours {
  readonly stream: Stream;
  readonly store: SubscriptionStore;
  readonly requests: RequestStore;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly prober: Pick<Prober, 'probe'> & Partial<Pick<Prober, 'close'>>;
  readonly deliveries: Deliveries;
  readonly statuses: Statuses;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly onStep?: OnStep;
  /** With which the endpoint speaks TLS. */
  readonly tls?: ListenerOptions['tls'];
  /** See ApplierOptions; shorter in tests. */
  readonly checkEveryMs?: number;
  readonly patienceMs?: number;
}

/** The running service and where it listens. */
export interface RunningRegistration extends RunningService {
  /** Base URL of the REST endpoint. */
  readonly url: string;
  /** Base URL of `/metrics`, `/healthz` and `/readyz`. */
  readonly operationsUrl: string;
}

/**
 * Starts the REST endpoint and the applier. It listens at once; until Redis has the whole journal it isn't ready, and
 * requests that need Redis are answered 503.
 */
export async function startRegistration(
  settings: RegistrationSettings,
  neighbours: RegistrationNeighbours,
): Promise<RunningRegistration> {
  const { stream, store, requests, log, metrics, prober, deliveries, statuses, now, tls } = neighbours;
  const admin = stream.admin();
  const journal = topics.filter(({ name }) => name === registrationsTopic || name === auditTopic);
  await expectTopics(admin, journal, clusterLayouts[settings.CLUSTER_LAYOUT]);
  const publisher = stream.publisher();
  const { checkEveryMs, patienceMs } = neighbours;
  const applier = new Applier({
    ...{ stream, admin, store, log, metrics, now },
    ...(checkEveryMs === undefined ? {} : { checkEveryMs }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  applier.start();
  const server = await createServer(
    {
      ...{ store, requests, publisher, applied: applier, prober, deliveries, statuses, log, metrics, now },
      keyUse: new KeyUse({ requests, now, log }),
      rates: {
        perKey: settings.REQUESTS_PER_KEY,
        perAddress: settings.REQUESTS_PER_ADDRESS,
        probesPerAccount: settings.PROBES_PER_ACCOUNT,
      },
      probeMs: longestProbeMs(settings.PROBE_PATIENCE_SECONDS),
      rules: { region: homeRegions[settings.HOME_REGION], allowAnyBucket: settings.ALLOW_ANY_BUCKET },
      ocsfVersion: settings.OCSF_VERSION,
    },
    neighbours.onStep ?? (() => {}),
    { trustedProxies: settings.TRUSTED_PROXIES, ...(tls === undefined ? {} : { tls }) },
  );
  const url = await server.listen({ host: settings.HOST, port: settings.PORT });
  if (tls === undefined && !isLoopback(url))
    log.warn({ url }, 'keys travel in the clear: set TLS_CERT_FILE, or let only a proxy with TLS reach this address');
  const operations = await serveOperations({
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    metrics,
    notReady: () => applier.notReady(),
  });
  log.info({ url, homeRegion: settings.HOME_REGION }, 'serves registrations');
  return {
    url,
    operationsUrl: `http://${settings.METRICS_HOST}:${operations.port}`,
    async stop() {
      await endServer(server, requestsEndWithinMs);
      await applier.stop();
      await operations.close();
      await publisher.close();
      await admin.close();
      await store.close();
      await requests.close();
      prober.close?.();
    },
  };
}

/** A stop ends within 25 s: so long may requests take that are under way. */
const requestsEndWithinMs = 15_000;

const isLoopback = (url: string): boolean => /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
