import type { Pace } from './pace.ts';

/** One alert: when it fires, whom it wakes, and the page that says what to do. */
export interface Alert {
  /** Its name; the page in docs/runbook is named after it. */
  readonly name: string;
  /** `page` wakes somebody: customers don't get their data, or soon won't. `ticket` waits for the working day. */
  readonly severity: 'page' | 'ticket';
  readonly expr: (pace: Pace) => string;
  /** How long it must hold, in seconds at the pace of production. */
  readonly forSeconds: number;
  /** What happened, in a sentence; may use Prometheus' templates. */
  readonly summary: string;
}

/** The file name of an alert's page: `FreshnessBurns` is in `docs/runbook/freshness-burns.md`. */
export function pageOf({ name }: Pick<Alert, 'name'>): string {
  return `docs/runbook/${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`;
}
