import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { base } from './base.ts';
import { device, deviceKept, endpointItself } from './device.ts';
import { linking, onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import {
  type Condition,
  captioned,
  derived,
  type Entry,
  field,
  type Kept,
  type MappingTable,
  subIdIn,
  when,
} from './table.ts';
import { ipVersionOf } from './text.ts';

const inbound = subIdIn([203], 'inbound');
const outbound = subIdIn([204], 'outbound');
const listening = subIdIn([202], 'listening');
const opensItself = subIdIn([201, 202, 204], 'the endpoint opens or listens');
const toAnother = subIdIn([201, 204], 'the endpoint opens');

/** IANA numbers and names of the agents' protocols. Their 1 is TCP as seen on records; 2 is UDP by their order of names. */
const protocols: Readonly<Record<number, readonly [number, string]>> = {
  1: [6, 'tcp'],
  2: [17, 'udp'],
  6: [6, 'tcp'],
  17: [17, 'udp'],
};
const protocolOf = (a: Activity) => (a.proto === undefined ? undefined : protocols[a.proto]);

const protoKept: Kept = {
  kept: 'proto',
  rule: 'the number 2, which no producer document explains',
  uses: ['proto'],
  derive: (a) => (a.proto === 2 ? '2' : undefined),
};

const toAddress: Condition = {
  rule: 'with a destination',
  uses: [],
  presenceOf: ['dst'],
  holds: (a) => a.dst !== undefined,
};
const fromAddressOnly: Condition = { ...toAddress, rule: 'without a destination', holds: (a) => a.dst === undefined };

function ipVersion(end: 'src' | 'dst'): Entry[] {
  const versionOf = (a: Activity) => ipVersionOf(a[end] ?? '');
  return captioned('connection_info.protocol_ver_id', 'protocol_ver', 'by the address', [end], versionOf, []);
}

const verbs = {
  201: ' connected to ',
  202: ' listened at ',
  203: ' accepted a connection at ',
  204: ' connected to ',
} as const;
const sourceWords = { 202: ', source ' } as const;

/** OCSF 4001 from the agents' TELEMETRY_CONNECTION. The end that is the endpoint itself is filled in where it is missing and certain. */
export const networkActivity: MappingTable = {
  columns: [
    ...base('network-activity'),
    ...device(),
    ...actor(),
    field('src_endpoint.ip', 'src'),
    field('src_endpoint.port', 'spt'),
    ...when(opensItself, endpointItself('src_endpoint').slice(0, 1)),
    ...when(outbound, endpointItself('src_endpoint').slice(1)),
    field('dst_endpoint.ip', 'dst'),
    ...when(listening, [field('dst_endpoint.ip', 'src')]),
    ...when(inbound, endpointItself('dst_endpoint').slice(0, 1)),
    ...when(listening, endpointItself('dst_endpoint').slice(0, 1)),
    field('dst_endpoint.port', 'dpt'),
    ...when(listening, [field('dst_endpoint.port', 'spt')]),
    ...when(toAnother, [field('dst_endpoint.hostname', 'hostName')]),
    ...captioned('connection_info.direction_id', 'direction', 'by sub id', ['eventSubId'], (a) => {
      return a.eventSubId === 204 ? 2 : a.eventSubId === 203 ? 1 : 0;
    }),
    derived('connection_info.protocol_num', 'TCP and UDP', ['proto'], (a) => protocolOf(a)?.[0]),
    derived('connection_info.protocol_name', 'TCP and UDP', ['proto'], (a) => protocolOf(a)?.[1]),
    ...when(toAddress, ipVersion('dst')),
    ...when(fromAddressOnly, ipVersion('src')),
    field('status_code', 'status'),
  ],
  observables: [
    ...commonObservables,
    observable('address', 'src_endpoint.ip'),
    observable('address', 'dst_endpoint.ip'),
    observable('hostname', 'dst_endpoint.hostname'),
  ],
  message: [
    ...whoActed,
    verb(verbs),
    told('dst_endpoint.ip', 'an unknown address'),
    ' port ',
    told('dst_endpoint.port', 'unknown'),
    linking(sourceWords, ' from '),
    told('src_endpoint.ip', 'an unknown address'),
    ' port ',
    told('src_endpoint.port', 'unknown'),
    ...onHost,
  ],
  kept: [...deviceKept, ...actorKept, protoKept],
};
