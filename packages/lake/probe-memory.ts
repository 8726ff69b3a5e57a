import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import type { ProbeRefusal } from '@tributary/schemas/rest/probe-refusals.ts';
import { createProber, type Probe, type ProbeCalls, type Prober } from './probe.ts';

/** A role as the prober can come to know it. */
export interface MemoryRole {
  /** Whether it lets us in under this external id (undefined: none was given). */
  readonly trusts: (externalId: string | undefined) => boolean;
  readonly mayPut: (bucket: string, key: string) => boolean;
  /** Visible from this time of the prober's clock on, in ms; from the start when absent. */
  readonly visibleFromMs?: number;
}

/** A bucket as the prober can come to know it. */
export interface MemoryBucket {
  readonly region: string;
  /** Whether its own policy, its owner or its key let the role put. */
  readonly refuses?: ProbeRefusal;
}

/** A prober for tests: the real course of a probe over roles and buckets in memory. It never sleeps. */
export interface MemoryProber extends Prober {
  /** Makes the bucket and a role for which the probe is answered with ok. */
  admit(probe: Probe): void;
  /** Makes or changes a role; takes it away when undefined. */
  role(roleARN: string, role: MemoryRole | undefined): void;
  bucket(name: string, bucket: MemoryBucket | undefined): void;
  /** Rejects the next `times` probes as an outage would. */
  fail(fault: FaultCode, times?: number): void;
  /** Every probe that was asked for, in order. */
  readonly asked: readonly Probe[];
  /** Every pause between tries, in ms. */
  readonly pauses: readonly number[];
}

/** What a test may set: how long refusals are tried again, and what happens while the prober waits. */
export interface MemoryProberOptions {
  readonly patienceMs?: number;
  readonly onPause?: (ms: number) => Promise<void> | void;
}

/** A prober that passes the same contract suite as the one on AWS. */
export function createMemoryProber(options: MemoryProberOptions = {}): MemoryProber {
  const { patienceMs, onPause } = options;
  const roles = new Map<string, MemoryRole>();
  const buckets = new Map<string, MemoryBucket>();
  const asked: Probe[] = [];
  const pauses: number[] = [];
  const failing: FaultCode[] = [];
  let ms = 0;

  const visible = (roleARN: string) => {
    const role = roles.get(roleARN);
    return role !== undefined && (role.visibleFromMs ?? 0) <= ms ? role : undefined;
  };
  const letsIn = ({ roleARN }: Probe, externalId: string | undefined) => visible(roleARN)?.trusts(externalId) ?? false;

  const calls: ProbeCalls<MemoryRole> = {
    async assume(probe, externalId) {
      const role = visible(probe.roleARN);
      return role !== undefined && letsIn(probe, externalId) ? { session: role } : { refusal: 'role-not-assumable' };
    },
    letsIn: async (probe, externalId) => letsIn(probe, externalId),
    async put({ roleARN, bucket: name, region }, session, key) {
      // What a role may do is looked up at each call, as by AWS.
      const role = visible(roleARN) ?? session;
      const bucket = buckets.get(name);
      if (!role.mayPut(name, key)) return { refusal: 'put-refused' };
      if (bucket === undefined) return { refusal: 'bucket-missing' };
      if (bucket.region !== region) return { refusal: 'bucket-elsewhere', bucketRegion: bucket.region };
      return bucket.refuses === undefined ? { allowed: true } : { refusal: bucket.refuses };
    },
    close: () => undefined,
  };
  const prober = createProber({
    calls,
    now: () => ms,
    async pause(pauseMs) {
      pauses.push(pauseMs);
      ms += pauseMs;
      await onPause?.(pauseMs);
    },
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });

  return {
    asked,
    pauses,
    admit({ roleARN, externalId, bucket, prefix, region }) {
      const location = `${bucket}/${prefix}/`;
      const mayPut = (name: string, key: string) => `${name}/${key}`.startsWith(location);
      roles.set(roleARN, { trusts: (id) => id === externalId, mayPut });
      buckets.set(bucket, { region });
    },
    role: (roleARN, role) => put(roles, roleARN, role),
    bucket: (name, bucket) => put(buckets, name, bucket),
    fail: (fault, times = 1) => void failing.push(...Array<FaultCode>(times).fill(fault)),
    async probe(probe) {
      asked.push(probe);
      probe.signal?.throwIfAborted();
      const fault = failing.shift();
      if (fault !== undefined) throw new Fault(fault);
      return prober.probe(probe);
    },
    close: () => prober.close(),
  };
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
