import { metrics } from '@tributary/schemas/metrics.ts';
import { type Manifest, type Part, selects, type Workload, workloadsOf } from './manifest.ts';

/** What the objects have by kind and name, and whom they select. */
interface World {
  readonly manifests: readonly Manifest[];
  readonly workloads: readonly Workload[];
  has(kind: string, name: string): boolean;
  get(kind: string, name: string): Manifest | undefined;
}

const byHand = 'tributary/secrets-made-by-hand';

function worldOf(manifests: readonly Manifest[]): World {
  const secrets = new Set(
    manifests.flatMap(({ kind, metadata, spec }): string[] => {
      if (kind === 'Secret') return [metadata.name];
      if (kind === 'ExternalSecret') return [spec.target?.name ?? metadata.name];
      if (kind === 'Certificate') return [spec.secretName];
      return metadata.annotations?.[byHand]?.split(',') ?? [];
    }),
  );
  const get = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name);
  const has = (kind: string, name: string) => (kind === 'Secret' ? secrets.has(name) : get(kind, name) !== undefined);
  return { manifests, workloads: workloadsOf(manifests), has, get };
}

/** `[kind, name]` of all that a workload's pods need. */
function needsOf({ pod, containers }: Workload): [kind: string, name: string][] {
  const sources = containers.flatMap(({ envFrom = [], env = [] }) => [
    ...envFrom.flatMap(({ configMapRef, secretRef }: Part) => [
      configMapRef && ['ConfigMap', configMapRef.name],
      secretRef && ['Secret', secretRef.name],
    ]),
    ...env.flatMap(({ valueFrom = {} }: Part) => [
      valueFrom.configMapKeyRef && ['ConfigMap', valueFrom.configMapKeyRef.name],
      valueFrom.secretKeyRef && ['Secret', valueFrom.secretKeyRef.name],
    ]),
  ]);
  const volumes = (pod.volumes ?? []).flatMap(({ configMap, secret, persistentVolumeClaim }: Part) => [
    configMap && ['ConfigMap', configMap.name],
    secret && ['Secret', secret.secretName],
    persistentVolumeClaim && ['PersistentVolumeClaim', persistentVolumeClaim.claimName],
  ]);
  return [...sources, ...volumes, ['ServiceAccount', pod.serviceAccountName ?? 'default']].filter(Boolean);
}

const portsOf = (workloads: readonly Workload[]) =>
  workloads.flatMap(({ containers }) =>
    containers.flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }: Part) => [name, containerPort])),
  );

function ofPods(world: World): string[] {
  return world.workloads.flatMap((workload) => {
    const { name, pod, containers, labels, selector } = workload;
    const volumes = (pod.volumes ?? []).map((volume: Part) => volume.name);
    const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount: Part) => mount.name));
    const probes = containers.flatMap((one) => [one.startupProbe, one.readinessProbe, one.livenessProbe]);
    const probed = probes.flatMap((probe) => probe?.httpGet?.port ?? []);
    const spreads = (pod.topologySpreadConstraints ?? []).map((spread: Part) => spread.labelSelector);
    return [
      ...needsOf(workload).flatMap(([kind, needed]) =>
        world.has(kind, needed) ? [] : [`${name}: no ${kind} ${needed}`],
      ),
      ...mounts.filter((mount) => !volumes.includes(mount)).map((mount) => `${name}: no volume ${mount}`),
      ...probed
        .filter((port) => !portsOf([workload]).includes(port))
        .map((port) => `${name}: no port ${port} to probe`),
      ...(selector === undefined || selects(selector, labels) ? [] : [`${name}: does not select its own pods`]),
      ...spreads.filter((spread: Part) => !selects(spread, labels)).map(() => `${name}: spreads the pods of another`),
    ];
  });
}

/** Everything else that selects pods, and the ports that it wants of them. */
function ofSelectors({ manifests, workloads }: World): string[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const selector =
      kind === 'Service'
        ? { matchLabels: spec.selector }
        : kind === 'NetworkPolicy'
          ? spec.podSelector
          : spec?.selector;
    if (!['Service', 'NetworkPolicy', 'PodDisruptionBudget'].includes(kind)) return [];
    const name = `${kind} ${metadata.name}`;
    const selected = workloads.filter(({ labels }) => selects(selector, labels));
    const named = (selector?.matchExpressions ?? []).flatMap(({ operator, values = [], key }: Part) =>
      operator === 'In' ? values.filter((value: string) => !workloads.some(({ labels }) => labels[key] === value)) : [],
    );
    const wanted = [
      ...(kind === 'Service' ? spec.ports.map((port: Part) => port.targetPort ?? port.port) : []),
      ...(spec.ingress ?? []).flatMap(({ ports = [] }: Part) => ports.map((port: Part) => port.port)),
    ];
    // Each of those selected must have the port: one that hasn't it is not reached.
    const lacks = (port: Part) => selected.some((workload) => !portsOf([workload]).includes(port));
    return [
      ...(selected.length === 0 ? [`${name}: selects no pod`] : []),
      ...named.map((value: string) => `${name}: selects no pod named ${value}`),
      ...wanted.filter(lacks).map((port) => `${name}: its pods have no port ${port}`),
    ];
  });
}

/** What customers' requests come through. */
function ofRoutes(world: World): string[] {
  return world.manifests.flatMap(({ kind, metadata, spec }) => {
    const name = `${kind} ${metadata.name}`;
    if (kind === 'Gateway')
      return spec.listeners.flatMap(({ tls }: Part) =>
        tls.certificateRefs
          .filter((ref: Part) => !world.has('Secret', ref.name))
          .map((ref: Part) => `${name}: no Secret ${ref.name}`),
      );
    if (kind !== 'HTTPRoute') return [];
    const listeners = spec.parentRefs.map((ref: Part) =>
      world.get('Gateway', ref.name)?.spec.listeners.find((one: Part) => one.name === ref.sectionName),
    );
    const certified = world.manifests.filter((one) => one.kind === 'Certificate').flatMap((one) => one.spec.dnsNames);
    const served = spec.rules.flatMap((rule: Part) => rule.backendRefs);
    return [
      ...listeners.filter((one: Part) => one === undefined).map(() => `${name}: no such listener of a gateway`),
      ...spec.hostnames
        .filter((host: string) => listeners.some((one: Part) => one && one.hostname !== host))
        .map((host: string) => `${name}: its gateway does not listen for ${host}`),
      ...spec.hostnames
        .filter((host: string) => !certified.includes(host))
        .map((host: string) => `${name}: no certificate for ${host}`),
      ...served
        .filter(
          ({ name: service, port }: Part) =>
            !world.get('Service', service)?.spec.ports.some((one: Part) => one.port === port),
        )
        .map(({ name: service, port }: Part) => `${name}: no Service ${service} with port ${port}`),
    ];
  });
}

/** Secrets' stores, and what scales by which metric. */
function ofOperators(world: World): string[] {
  return world.manifests.flatMap(({ kind, metadata, spec }) => {
    const name = `${kind} ${metadata.name}`;
    const need = (wanted: string, named: string) =>
      world.has(wanted, named) ? [] : [`${name}: no ${wanted} ${named}`];
    if (kind === 'ExternalSecret') return need('SecretStore', spec.secretStoreRef.name);
    if (kind === 'SecretStore') return need('ServiceAccount', spec.provider.aws.auth.jwt.serviceAccountRef.name);
    if (kind === 'ServiceMonitor') {
      const services = world.manifests.filter(
        (one) => one.kind === 'Service' && selects(spec.selector, one.metadata.labels ?? {}),
      );
      const ports = services.flatMap((one) => one.spec.ports.map((port: Part) => port.name));
      const endpoints: Part[] = spec.endpoints;
      return endpoints
        .filter(({ port }) => !ports.includes(port))
        .map(({ port }) => `${name}: no Service has the port ${port}`);
    }
    if (kind !== 'ScaledObject') return [];
    const queries: string[] = spec.triggers.map((trigger: Part) => trigger.metadata.query);
    const asked = queries.flatMap((query) => query.match(/\btributary_\w+/g) ?? ['a metric of ours']);
    const absent = asked.filter((metric) => !Object.hasOwn(metrics, metric));
    return [
      ...need(spec.scaleTargetRef.kind, spec.scaleTargetRef.name),
      ...absent.map((metric) => `${name}: there is no metric ${metric}`),
    ];
  });
}

/** What nobody uses was meant for somebody under another name. */
function unused({ manifests, workloads }: World): string[] {
  const needed = workloads.flatMap(needsOf).map(([kind, name]) => `${kind} ${name}`);
  const stores = manifests
    .filter(({ kind }) => kind === 'SecretStore')
    .map(({ spec }) => spec.provider.aws.auth.jwt.serviceAccountRef.name);
  const all = [...needed, ...stores.map((name) => `ServiceAccount ${name}`)];
  return manifests
    .filter(({ kind }) => kind === 'ConfigMap' || kind === 'ServiceAccount' || kind === 'ExternalSecret')
    .map(({ kind, metadata, spec }) =>
      kind === 'ExternalSecret' ? `Secret ${spec.target.name}` : `${kind} ${metadata.name}`,
    )
    .filter((name) => !all.includes(name))
    .map((name) => `${name}: nobody uses it`);
}

/** A sentence for each name, selector, label or port that points at nothing, and for what nobody points at. */
export function brokenReferences(manifests: readonly Manifest[]): string[] {
  const world = worldOf(manifests);
  return [ofPods, ofSelectors, ofRoutes, ofOperators, unused].flatMap((rule) => rule(world));
}
