import { isIPv4, isIPv6 } from 'node:net';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { base } from './base.ts';
import { device, deviceKept, endpointItself, misfits } from './device.ts';
import { onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import { field, instant, type Kept, listed, type MappingTable, type OcsfObject } from './table.ts';
import { isAddress } from './text.ts';

/** The type of the record that an address came in; an IPv4 address in IPv6 form could be either. */
function answer(rdata: string): OcsfObject {
  if (isIPv4(rdata)) return { rdata, type: 'A' };
  return isIPv6(rdata) && !/^::ffff:/i.test(rdata) ? { rdata, type: 'AAAA' } : { rdata };
}

function answersOf({ objectIps }: Activity): OcsfObject[] | undefined {
  const addresses = objectIps?.filter(isAddress);
  return addresses === undefined || addresses.length === 0 ? undefined : addresses.map(answer);
}

const answersKept: Kept = {
  kept: 'objectIps',
  rule: 'what is not an IP address',
  uses: ['objectIps'],
  derive: (a) => misfits(a.objectIps, isAddress),
};

/**
 * OCSF 4003 from the agents' TELEMETRY_DNS: a query, or with its answers Traffic (both directions in one event). The
 * endpoint is the source; the agents name no server, query type or response code.
 */
export const dnsActivity: MappingTable = {
  columns: [
    ...base('dns-activity'),
    ...device(),
    ...actor(),
    field('query.hostname', 'hostName'),
    ...instant('query_time', 'eventTime'),
    listed('answers', ['rdata', 'type'], 'one for each address', ['objectIps'], answersOf),
    ...endpointItself('src_endpoint'),
  ],
  observables: [
    ...commonObservables,
    observable('hostname', 'query.hostname'),
    observable('address', 'answers[].rdata'),
  ],
  message: [...whoActed, verb({ 301: ' asked for the addresses of ' }), told('query.hostname', 'a name'), ...onHost],
  kept: [...deviceKept, ...actorKept, answersKept],
};
