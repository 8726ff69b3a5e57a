import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consumerSettings, readConsumerSettings } from '@tributary/consumer/settings.ts';
import { flusherSettings, readFlusherSettings } from '@tributary/flusher/settings.ts';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { readRegistrationSettings, registrationSettings } from '@tributary/registration/settings.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { createMetrics, kafkaSettings, serveOperations } from '@tributary/service';
import { execa } from 'execa';
import {
  customSchemas,
  kubeconform,
  kubernetesReleases,
  kubernetesSchemas,
  kubeScore,
  kustomize,
} from '../tools/manifests/kubernetes-tools.ts';
import { type Manifest, type Part, readManifests, workloadsOf } from '../tools/manifests/manifest.ts';
import { brokenReferences } from '../tools/manifests/references.ts';
import { environmentOf } from '../tools/manifests/settings-of.ts';

const folder = join(repositoryRoot, 'deploy/kubernetes/overlays');
const overlays = readdirSync(folder);
const builder = await kustomize();
const ifBuilt = builder === undefined ? describe.skip : describe;

const texts = new Map<string, string>();
const manifestsOf = (overlay: string) => readManifests(texts.get(overlay)!);
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tributary-manifests-'));
  for (const overlay of builder === undefined ? [] : overlays) {
    const [file, ...args] = builder as [string, ...string[]];
    const { stdout } = await execa(file, [...args, join(folder, overlay)]);
    texts.set(overlay, stdout);
    await writeFile(join(scratch, `${overlay}.yaml`), stdout);
  }
}, 600_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

ifBuilt('every overlay (skipped where neither Go nor kubectl can build it)', () => {
  it('is_there_for_each_home_region_and_for_one_machine', () => {
    expect([...overlays].sort()).toEqual([...Object.keys(homeRegions), 'local'].sort());
  });

  it.each(overlays)('points_at_nothing_that_is_not_there: %s', (overlay) => {
    expect(brokenReferences(manifestsOf(overlay))).toEqual([]);
  });

  it.each(overlays)('leaves_no_value_that_an_overlay_should_have_set: %s', (overlay) => {
    expect(texts.get(overlay)).not.toContain('set-by-the-overlay');
  });

  it.each(overlays)('runs_nothing_with_more_rights_than_it_needs: %s', (overlay) => {
    for (const { name, pod, containers } of workloadsOf(manifestsOf(overlay))) {
      expect({ name, token: pod.automountServiceAccountToken }).toEqual({ name, token: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of containers)
        expect(securityContext).toMatchObject({
          ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        });
    }
  });

  it.each(overlays)('gives_a_service_the_time_in_which_it_stops: %s', (overlay) => {
    for (const { name, pod, containers } of workloadsOf(manifestsOf(overlay))) {
      if (name.startsWith('Job')) continue;
      const paused = containers[0].lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect({ name, grace: pod.terminationGracePeriodSeconds }).toEqual({ name, grace: paused + 35 });
    }
  });
});

const services = [
  { name: 'consumer', settings: consumerSettings, read: readConsumerSettings },
  { name: 'flusher', settings: flusherSettings, read: readFlusherSettings },
  { name: 'registration', settings: registrationSettings, read: readRegistrationSettings },
];
const topicJob = { ...kafkaSettings, CLUSTER_LAYOUT: undefined };
/** Of the way to log in that isn't the one chosen: to be set is to be refused. And what a collector in the cluster doesn't ask for. */
const ofAnotherLogin = ['KAFKA_OAUTH_CLIENT_SECRET', 'OTEL_EXPORTER_OTLP_HEADERS'];
const byName = (overlay: string, name: string) =>
  workloadsOf(manifestsOf(overlay)).find(({ labels }) => labels['app.kubernetes.io/name'] === name)!;
const regions = overlays.filter((overlay) => overlay !== 'local');

ifBuilt('the settings of a region', () => {
  it.each(regions)('are_each_service_s_own_all_of_them_and_no_others: %s', (overlay) => {
    for (const { name, settings } of [...services, { name: 'topics', settings: topicJob }]) {
      const env = environmentOf(byName(overlay, name), manifestsOf(overlay), 'x');
      const wanted = Object.keys(settings).filter((setting) => !ofAnotherLogin.includes(setting));
      expect({ name, settings: Object.keys(env).sort() }).toEqual({ name, settings: wanted.sort() });
    }
  });

  it.each(regions)('are_taken_by_the_service: %s', (overlay) => {
    for (const { name, read } of services) {
      const settings = read(environmentOf(byName(overlay, name), manifestsOf(overlay), 'a-secret'));
      expect(settings).toMatchObject({ CLUSTER_LAYOUT: 'production', KAFKA_SASL_PASSWORD: 'a-secret' });
      if (name !== 'consumer') expect(settings).toMatchObject({ HOME_REGION: overlay });
    }
  });

  // TRUSTED_PROXIES was empty everywhere: all customers had the gateway's address, and its limit together.
  it.each(regions)('let_registration_believe_the_gateway_and_nobody_further_away_who_a_customer_is: %s', (overlay) => {
    const env = environmentOf(byName(overlay, 'registration'), manifestsOf(overlay), 'a-secret');
    const { TRUSTED_PROXIES: trusted } = readRegistrationSettings(env);
    expect(trusted).toEqual([expect.stringMatching(/^10\.\d+\.0\.0\/16$/)]);
  });

  it('hold_no_secret', () => {
    for (const overlay of overlays)
      for (const { kind, metadata, data } of manifestsOf(overlay)) {
        expect(kind).not.toBe('Secret');
        if (kind !== 'ConfigMap') continue;
        const secrets = Object.keys(data).filter((setting) => /PASSWORD|SECRET|TOKEN/.test(setting));
        expect({ name: metadata.name, secrets }).toEqual({ name: metadata.name, secrets: [] });
      }
  });

  it('are_probed_where_every_process_answers', async () => {
    const options = { host: '127.0.0.1', port: 0, metrics: createMetrics(), notReady: () => undefined };
    const operations = await serveOperations(options);
    const probes = services.flatMap(({ name }) => {
      const [{ startupProbe, readinessProbe, livenessProbe }] = byName('us-1', name).containers as [Part];
      return [startupProbe, readinessProbe, livenessProbe].map((probe) => probe.httpGet.path);
    });
    for (const path of new Set(probes))
      expect([path, (await fetch(`http://127.0.0.1:${operations.port}${path}`)).status]).toEqual([path, 200]);
    await operations.close();
  });

  it('say_the_port_that_the_pod_opens', () => {
    for (const overlay of overlays)
      for (const { name } of services) {
        const workload = byName(overlay, name);
        const env = environmentOf(workload, manifestsOf(overlay), 'x');
        const port = workload.containers[0].ports.find((one: Part) => one.name === 'metrics').containerPort;
        expect(env.METRICS_PORT).toBe(String(port));
      }
  });
});

type Change = (manifests: Manifest[]) => void;
const edit =
  (kind: string, name: string, change: (one: Part) => void): Change =>
  (manifests) =>
    change(manifests.find((one) => one.kind === kind && one.metadata.name.startsWith(name)));
const remove =
  (kind: string, name: string): Change =>
  (manifests) =>
    void manifests.splice(
      manifests.findIndex((one) => one.kind === kind && one.metadata.name.startsWith(name)),
      1,
    );
const container = (one: Part) => one.spec.template.spec.containers[0];

/** Each breaks one thing that is easily broken by hand, and the sentence that must tell of it. */
const mutants: [what: string, change: Change, sentence: RegExp][] = [
  ['a config map that is gone', remove('ConfigMap', 'flusher'), /Deployment flusher: no ConfigMap flusher/],
  ['a secret that nobody makes', remove('ExternalSecret', 'consumer'), /Deployment consumer: no Secret consumer-cred/],
  [
    'a secret under another name',
    edit('ExternalSecret', 'flusher', (one) => {
      one.spec.target.name = 'flusher';
    }),
    /Secret flusher: nobody uses it/,
  ],
  [
    'a service account that is gone',
    remove('ServiceAccount', 'registration'),
    /Deployment registration: no ServiceAccount/,
  ],
  [
    'an account that nobody uses',
    edit('Deployment', 'flusher', (one) => {
      one.spec.template.spec.serviceAccountName = 'consumer';
    }),
    /ServiceAccount flusher: nobody uses it/,
  ],
  [
    'a volume that is not there',
    edit('Deployment', 'consumer', (one) => {
      container(one).volumeMounts = [{ name: 'ca', mountPath: '/ca' }];
    }),
    /no volume ca/,
  ],
  [
    'a claim that is not there',
    edit('Deployment', 'consumer', (one) => {
      one.spec.template.spec.volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'd' } }];
    }),
    /no PersistentVolumeClaim d/,
  ],
  [
    'a probe of another port',
    edit('Deployment', 'consumer', (one) => {
      container(one).livenessProbe.httpGet.port = 'http';
    }),
    /no port http to probe/,
  ],
  [
    'a selector of other pods',
    edit('Deployment', 'consumer', (one) => {
      one.spec.selector.matchLabels['app.kubernetes.io/name'] = 'c';
    }),
    /does not select its own pods/,
  ],
  [
    'labels of another',
    edit('Deployment', 'consumer', (one) => {
      one.spec.template.metadata.labels['app.kubernetes.io/name'] = 'c';
    }),
    /PodDisruptionBudget consumer: selects no pod/,
  ],
  [
    'a spread of others',
    edit('Deployment', 'flusher', (one) => {
      one.spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels['app.kubernetes.io/name'] = 'c';
    }),
    /spreads the pods of another/,
  ],
  [
    'a service of no pod',
    edit('Service', 'registration', (one) => {
      one.spec.selector = { 'app.kubernetes.io/name': 'rest' };
    }),
    /Service registration: selects no pod/,
  ],
  [
    'a service of no port',
    edit('Service', 'registration', (one) => {
      one.spec.ports[0].targetPort = 'https';
    }),
    /Service registration: its pods have no port https/,
  ],
  [
    'a policy with a misspelt name',
    edit('NetworkPolicy', 'aws', (one) => {
      one.spec.podSelector.matchExpressions[0].values = ['flusher', 'registrations'];
    }),
    /NetworkPolicy aws: selects no pod named registrations/,
  ],
  [
    'a policy for no port',
    edit('NetworkPolicy', 'requests', (one) => {
      one.spec.ingress[0].ports[0].port = 'https';
    }),
    /NetworkPolicy requests: its pods have no port https/,
  ],
  [
    'metrics of no port',
    edit('ServiceMonitor', 'flusher', (one) => {
      one.spec.endpoints[0].port = 'prometheus';
    }),
    /ServiceMonitor flusher: no Service has the port prometheus/,
  ],
  [
    'a route to no service',
    edit('HTTPRoute', 'registration', (one) => {
      one.spec.rules[0].backendRefs[0].port = 8080;
    }),
    /HTTPRoute registration: no Service registration with port 8080/,
  ],
  [
    'a route of no listener',
    edit('HTTPRoute', 'registration', (one) => {
      one.spec.parentRefs[0].sectionName = 'http';
    }),
    /HTTPRoute registration: no such listener/,
  ],
  [
    'a host without certificate',
    edit('Certificate', 'registration', (one) => {
      one.spec.dnsNames = ['other.example'];
    }),
    /HTTPRoute registration: no certificate for/,
  ],
  [
    'a gateway without certificate',
    remove('Certificate', 'registration'),
    /Gateway registration: no Secret registration-certificate/,
  ],
  ['a store that is gone', remove('SecretStore', 'vault'), /ExternalSecret consumer-credentials: no SecretStore vault/],
  [
    'scaling of nothing',
    edit('ScaledObject', 'flusher', (one) => {
      one.spec.scaleTargetRef.name = 'flush';
    }),
    /ScaledObject flusher: no Deployment flush/,
  ],
  [
    'scaling by a metric that is none',
    edit('ScaledObject', 'flusher', (one) => {
      one.spec.triggers[0].metadata.query = 'sum(tributary_flusher_lag)';
    }),
    /there is no metric tributary_flusher_lag/,
  ],
];

ifBuilt('a reference that points at nothing', () => {
  it.each(mutants)('is_found: %s', (_, change, sentence) => {
    const manifests = manifestsOf('us-1');
    change(manifests);
    expect(brokenReferences(manifests)).toContainEqual(expect.stringMatching(sentence));
  });
});

const conform = await kubeconform();
const schemas = await kubernetesSchemas();
const custom = customSchemas();
const conformIt = 'path' in conform && 'path' in schemas && custom !== undefined && builder ? it : it.skip;
const validate = (file: string, release: string) =>
  execa(
    (conform as { path: string }).path,
    [
      ...['-strict', '-summary', '-kubernetes-version', release, '-schema-location'],
      `${(schemas as { path: string }).path}/{{.NormalizedKubernetesVersion}}-strict/{{.ResourceKind}}{{.KindSuffix}}.json`,
      ...['-schema-location', `${custom}/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`, file],
    ],
    { reject: false, all: true },
  );

describe('kubeconform', () => {
  const cases = overlays.flatMap((overlay) => kubernetesReleases.map((release) => [overlay, release] as const));
  conformIt.each(cases)(
    'finds_%s_valid_in_Kubernetes_%s (skipped without Go, pip or the schemas beside the repository)',
    async (overlay, release) => {
      const { all, exitCode } = await validate(join(scratch, `${overlay}.yaml`), release);
      expect(all).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
      expect(exitCode).toBe(0);
    },
    120_000,
  );

  conformIt(
    'finds_a_field_that_does_not_exist_of_Kubernetes_or_of_a_custom_kind',
    async () => {
      const wrong = join(scratch, 'wrong.yaml');
      await writeFile(
        wrong,
        texts.get('us-1')!.replace('serviceAccountName:', 'serviceAccount_:').replace('pollingInterval:', 'polling:'),
      );
      expect((await validate(wrong, kubernetesReleases[0])).all).toMatch(/Invalid: 2, Errors: 0/);
    },
    120_000,
  );
});

const score = await kubeScore();
const scoreIt = 'path' in score && builder ? it : it.skip;

describe('kube-score', () => {
  const judge = (file: string) =>
    execa((score as { path: string }).path, ['score', '--output-format', 'ci', file], { reject: false });
  scoreIt.each(overlays)(
    'finds_nothing_critical_in_%s (skipped without Go)',
    async (overlay) => {
      const { stdout } = await judge(join(scratch, `${overlay}.yaml`));
      expect(stdout).toContain('[OK]');
      expect(stdout.split('\n').filter((line) => line.startsWith('[CRITICAL]'))).toEqual([]);
    },
    120_000,
  );

  scoreIt(
    'finds_a_container_without_limits',
    async () => {
      const wrong = join(scratch, 'unlimited.yaml');
      await writeFile(wrong, texts.get('us-1')!.replaceAll('limits:', 'requests_:'));
      expect((await judge(wrong)).stdout).toContain('[CRITICAL]');
    },
    120_000,
  );
});
