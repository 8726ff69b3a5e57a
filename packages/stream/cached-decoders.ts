import { Fault } from '@tributary/schemas/faults.ts';
import type { AvroDecoder } from './schema-registry.ts';

/** How long an id counts as unknown before the registry is asked again. */
export const unknownForMs = 10_000;
const unknownIdsMax = 10_000;

/**
 * Asks `load` once per schema id: callers at the same time share one request, an unknown id is remembered for ten
 * seconds, and a failure isn't remembered at all. `now` is in ms.
 */
export function cachedDecoders(
  load: (schemaId: number) => Promise<AvroDecoder>,
  now: () => number,
): (schemaId: number) => Promise<AvroDecoder> {
  const decoders = new Map<number, Promise<AvroDecoder>>();
  const unknownSince = new Map<number, number>();
  return (schemaId) => {
    const since = unknownSince.get(schemaId);
    if (since !== undefined && isRecent(now() - since))
      return Promise.reject(new Fault('unknown-schema-id', `id ${schemaId}`));
    const existing = decoders.get(schemaId);
    if (existing) return existing;
    const loading = load(schemaId);
    decoders.set(schemaId, loading);
    loading.catch((error) => {
      decoders.delete(schemaId);
      if (!(error instanceof Fault) || error.code !== 'unknown-schema-id') return;
      if (unknownSince.size >= unknownIdsMax) unknownSince.clear();
      unknownSince.set(schemaId, now());
    });
    return loading;
  };
}

/** An answer from the future was heard before the clock was set back: an event must not be rejected for it. */
function isRecent(ageMs: number): boolean {
  return ageMs >= 0 && ageMs < unknownForMs;
}
