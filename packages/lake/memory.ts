import { createHash } from 'node:crypto';
import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import type { Lake, PutAnswer, PutRequest } from './lake.ts';

/** What a test makes happen to a put, instead of or after its natural course. */
export type Script =
  /** Rejects, and nothing is written. */
  | { readonly what: 'refuse'; readonly fault: FaultCode }
  /** Writes, and then rejects: the answer was lost on the way. */
  | { readonly what: 'lose-answer'; readonly fault: FaultCode }
  /** Waits until released (or aborted), then goes on. */
  | { readonly what: 'hold' };

/** Puts that a test holds back. */
export interface Held {
  /** Resolves when the first put is held. */
  readonly reached: Promise<void>;
  release(): void;
}

/** A lake in memory that keeps the customers' rules: trust with an external id, the prefix, and conditional puts. */
export interface MemoryLake extends Lake {
  /** Makes the bucket and a role that trusts us under this external id and may put under the prefix. */
  admit(destination: Destination, externalId: string): void;
  /** What stands in all buckets, by `<bucket>/<key>`. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Every put that was asked for, in order. */
  readonly asked: readonly PutRequest[];
  /** Plays `script` on the next `times` puts that `to` accepts (all, when absent). */
  play(script: Exclude<Script, { what: 'hold' }>, times?: number, to?: (request: PutRequest) => boolean): void;
  hold(times?: number, to?: (request: PutRequest) => boolean): Held;
}

interface Playing {
  readonly script: Script;
  readonly to: (request: PutRequest) => boolean;
  readonly reached: () => void;
  readonly released: Promise<void>;
  times: number;
}

/** A lake for tests, which passes the same contract suite as the real one. */
export function createMemoryLake(): MemoryLake {
  const trust = new Map<string, { externalId: string; locations: Set<string> }>();
  const buckets = new Set<string>();
  const objects = new Map<string, Uint8Array>();
  const asked: PutRequest[] = [];
  const playing: Playing[] = [];
  const everyone = () => true;
  const nothing = () => undefined;

  function write({ destination, externalId, key, body, sha256 }: PutRequest): PutAnswer {
    const role = trust.get(destination.roleARN);
    if (role === undefined || role.externalId !== externalId) throw new Fault('role-refused');
    if (!buckets.has(destination.bucketName)) throw new Fault('bucket-missing');
    const at = `${destination.bucketName}/${key}`;
    if (![...role.locations].some((location) => at.startsWith(location))) throw new Fault('put-refused');
    if (sha256 !== undefined && sha256 !== createHash('sha256').update(body).digest('hex'))
      throw new Fault('lake-unavailable', 'put-object 400 BadDigest');
    if (objects.has(at)) return { outcome: 'already-there' };
    objects.set(at, Uint8Array.from(body));
    return { outcome: 'created' };
  }

  function next(request: PutRequest): Playing | undefined {
    const found = playing.find((candidate) => candidate.to(request));
    if (found !== undefined && --found.times === 0) playing.splice(playing.indexOf(found), 1);
    return found;
  }

  return {
    objects,
    asked,
    admit(destination, externalId) {
      const role = trust.get(destination.roleARN) ?? { externalId, locations: new Set() };
      role.locations.add(`${destination.bucketName}/${destination.prefix}/`);
      trust.set(destination.roleARN, { ...role, externalId });
      buckets.add(destination.bucketName);
    },
    play(script, times = 1, to = everyone) {
      playing.push({ script, times, to, reached: nothing, released: Promise.resolve() });
    },
    hold(times = 1, to = everyone) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      playing.push({ script: { what: 'hold' }, times, to, reached: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    async put(request) {
      request.signal?.throwIfAborted();
      asked.push(request);
      const scene = next(request);
      if (scene?.script.what === 'refuse') throw new Fault(scene.script.fault);
      if (scene?.script.what === 'hold') {
        scene.reached();
        await Promise.race([scene.released, abortOf(request.signal)]);
      }
      const answer = write(request);
      if (scene?.script.what === 'lose-answer') throw new Fault(scene.script.fault);
      return answer;
    },
    close: nothing,
  };
}

function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
