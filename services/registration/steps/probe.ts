import type { ProbeOutcome } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import { probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import type { Exchange } from '../pipeline.ts';
import { memberProblem, Problem, tooMany } from '../problem.ts';
import { meant } from './decide.ts';
import { rateWindowMs } from './limit.ts';

/** Beside the patience with refusals: what the calls of a probe to STS and S3 may take that answer slowly. */
const slowCallsMs = 15_000;

/** How long a probe may take in all, ms, where refusals are tried again for `patienceSeconds`: then it is given up. */
export const longestProbeMs = (patienceSeconds: number): number => patienceSeconds * 1_000 + slowCallsMs;

/** Tries the destination out before it is accepted; one that is registered already was tried when it was. */
export async function probeWanted(exchange: Exchange): Promise<void> {
  if (exchange.next !== exchange.existing) await probe(exchange, exchange.next!.destination);
}

/** Tries out the destination of the registration as it is. */
export async function probeRegistered(exchange: Exchange): Promise<void> {
  await probe(exchange, meant(exchange).destination);
}

async function probe(exchange: Exchange, destination: Destination): Promise<void> {
  await limitProbes(exchange);
  const { account, neighbours } = exchange;
  const { prober, rules, metrics, probeMs } = neighbours;
  const { roleARN, bucketName: bucket, prefix } = destination;
  const signal = AbortSignal.timeout(probeMs);
  try {
    const asked = { roleARN, externalId: account, bucket, prefix, region: rules.region, signal };
    const outcome = await prober.probe(asked);
    metrics.count('tributary_registration_probes_total', { outcome: outcome.ok ? 'ok' : outcome.fault });
    if (!outcome.ok) throw refusal(outcome);
  } catch (error) {
    if (!(error instanceof Fault) && !(signal.aborted && error === signal.reason)) throw error;
    metrics.count('tributary_registration_probes_total', { outcome: 'unavailable' });
    // Nothing is known of the destination, so nothing is said against it.
    const detail = 'AWS does not answer, so the destination could not be tried. Send the same request again.';
    throw new Problem('unavailable', detail, { retryAfterSeconds: 30, cause: error });
  }
}

/** AWS slows all of us down for the calls of one: no customer may make probes without end. */
async function limitProbes({ account, neighbours }: Exchange): Promise<void> {
  const { count, resetMs } = await neighbours.requests.hit(`probe/${account}`, rateWindowMs);
  const max = neighbours.rates.probesPerAccount;
  if (count > max) throw tooMany('destinations to try out', 'this account', max, resetMs);
}

function refusal({ fault, sentence, key, bucketRegion }: Extract<ProbeOutcome, { ok: false }>): Problem {
  const more = [
    ...(bucketRegion === undefined ? [] : [`It lies in ${bucketRegion}.`]),
    ...(key === undefined ? [] : [`The object is ${key}.`]),
  ];
  const { problem, member } = probeRefusals[fault];
  return memberProblem(problem, member, [sentence, ...more].join(' '));
}
