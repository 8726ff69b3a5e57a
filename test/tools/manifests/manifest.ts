import { parseAllDocuments } from 'yaml';

/** Part of a manifest, by the names of Kubernetes. */
// biome-ignore lint/suspicious/noExplicitAny: what a manifest may hold is the schemas' to say, not ours
export type Part = any;

/** An object of Kubernetes as it is applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Part;
  readonly [field: string]: Part;
}

/** The objects of what kustomize printed. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** A workload with the template of its pods. */
export interface Workload {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Part;
  readonly pod: Part;
  readonly containers: readonly Part[];
}

/** What runs pods. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map(({ kind, metadata, spec }) => ({
      name: `${kind} ${metadata.name}`,
      labels: spec.template.metadata.labels,
      selector: spec.selector,
      pod: spec.template.spec,
      containers: [...(spec.template.spec.initContainers ?? []), ...spec.template.spec.containers],
    }));
}

/** True when the labels are what the selector asks for: all of `matchLabels`, and every expression. */
export function selects(selector: Part, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const all = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    all &&
    matchExpressions.every(({ key, operator, values = [] }: Part) => {
      const has = labels[key] !== undefined && (operator === 'Exists' || values.includes(labels[key]));
      return operator === 'In' || operator === 'Exists' ? has : !has;
    })
  );
}
