import { isIPv4, isIPv6 } from 'node:net';
import { base } from './base.ts';
import { device, deviceKept, endpointItself } from './device.ts';
import { actor, actorKept } from './process.ts';
import { field, instant, listed, type MappingTable, type OcsfObject } from './table.ts';

/** The type of the record that an address came in; an IPv4 address in IPv6 form could be either. */
function answer(rdata: string): OcsfObject {
  if (isIPv4(rdata)) return { rdata, type: 'A' };
  return isIPv6(rdata) && !/^::ffff:/i.test(rdata) ? { rdata, type: 'AAAA' } : { rdata };
}

/**
 * OCSF 4003 from the agents' TELEMETRY_DNS: a query, or with its answers Traffic (both directions in one event). The
 * endpoint is the source; the agents name no server, query type or response code.
 */
export const dnsActivity: MappingTable = {
  columns: [
    ...base('dns-activity', (a) => (a.eventSubId === 301 ? (a.objectIps === undefined ? 1 : 6) : undefined)),
    ...device(),
    ...actor(),
    field('query.hostname', 'hostName'),
    ...instant('query_time', 'eventTime'),
    listed('answers', ['rdata', 'type'], 'one for each address', ['objectIps'], (a) => a.objectIps?.map(answer)),
    ...endpointItself('src_endpoint'),
  ],
  kept: [...deviceKept, ...actorKept],
};
