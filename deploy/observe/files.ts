import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { dashboards } from './dashboards.ts';
import { prometheusRule, serviceMonitors } from './manifests.ts';
import { productionPace } from './pace.ts';
import { rulesAt } from './rules.ts';

const header = '# Written by `npx tributary observe write`. Change what it is written from: deploy/observe/*.ts\n';
const yaml = (value: unknown) => `${header}${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** Every file that is written from the alerts, objectives and panels, by its place in deploy/observe. */
export const writtenFiles: Readonly<Record<string, string>> = {
  'prometheus/rules.yaml': yaml(rulesAt(productionPace)),
  'kubernetes/prometheus-rule.yaml': yaml(prometheusRule),
  'kubernetes/service-monitors.yaml': serviceMonitors.map((monitor) => yaml(monitor).replace(header, '')).join('---\n'),
  ...Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [
      `grafana/${name}.json`,
      `${JSON.stringify(dashboard, undefined, 2)}\n`,
    ]),
  ),
};

/** Writes every file anew; answers the names of those that changed. */
export function writeFiles(): string[] {
  return Object.entries(writtenFiles).flatMap(([name, text]) => {
    const file = join(import.meta.dirname, name);
    if (readOrEmpty(file) === text) return [];
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return [name];
  });
}

/** A file as it is now; empty when there is none. */
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
