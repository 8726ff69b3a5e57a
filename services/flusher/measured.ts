import type { Lake } from '@tributary/lake';
import type { Metrics } from '@tributary/service';
import type { Registrations } from './partition.ts';

interface Measures {
  readonly metrics: Metrics;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Ms on a clock that only goes forward. */
  readonly elapsed: () => number;
}

/** The lakes, with the time and the bytes of each try to put an object measured. */
export function measuredLake(lake: Lake, { metrics, elapsed }: Omit<Measures, 'now'>): Lake {
  return {
    ...lake,
    async put(request) {
      const startedAt = elapsed();
      const note = (outcome: string) =>
        metrics.observe('tributary_flusher_put_seconds', { outcome }, (elapsed() - startedAt) / 1000);
      try {
        const answer = await lake.put(request);
        note(answer.outcome === 'created' ? 'created' : 'already_there');
        if (answer.outcome === 'created')
          metrics.count('tributary_flusher_put_bytes_total', {}, request.body.byteLength);
        return answer;
      } catch (error) {
        note('failed');
        throw error;
      }
    },
  };
}

/** The registrations, with the time of the last refresh that succeeded measured. */
export function measuredMirror(
  registrations: Registrations,
  { metrics, now }: Omit<Measures, 'elapsed'>,
): Registrations {
  return {
    byId: (registration) => registrations.byId(registration),
    async refresh() {
      await registrations.refresh();
      metrics.set('tributary_flusher_mirror_timestamp_seconds', {}, now() / 1000);
    },
  };
}
