import type { Manifest, Part, Workload } from './manifest.ts';

/** The environment of a workload as the cluster makes it: values of maps and containers, and `secret` for what a secret holds. */
export function environmentOf(
  workload: Workload,
  manifests: readonly Manifest[],
  secret: string,
): Record<string, string> {
  const named = (kind: string, name: string) =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name);
  const env: Record<string, string> = {};
  for (const { envFrom = [], env: own = [] } of workload.containers) {
    for (const { configMapRef, secretRef } of envFrom as Part[]) {
      if (configMapRef) Object.assign(env, named('ConfigMap', configMapRef.name)?.data);
      const external = manifests.find(
        ({ kind, spec }) => kind === 'ExternalSecret' && spec.target.name === secretRef?.name,
      );
      for (const { secretKey } of external?.spec.data ?? []) env[secretKey] = secret;
    }
    for (const { name, value } of own as Part[]) env[name] = value;
  }
  return env;
}
