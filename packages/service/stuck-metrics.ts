import type { Metrics } from './prom-client.ts';

/** Counts what a watchdog saw: how many partitions are stuck, and whether the client is restarted for them. */
export function countStuck(metrics: Metrics): (stuck: number, isRestart: boolean) => void {
  return (stuck, isRestart) => {
    metrics.set('tributary_stuck_partitions', {}, stuck);
    if (isRestart) metrics.count('tributary_client_restarts_total');
  };
}
