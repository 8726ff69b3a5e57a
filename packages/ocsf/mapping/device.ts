import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import {
  type Condition,
  captioned,
  derived,
  type Entry,
  field,
  type Kept,
  listed,
  type OcsfObject,
  when,
} from './table.ts';
import { isAddress, macOf, mainAddress } from './text.ts';

/** A Map: an agent's word may be `constructor`. */
const providers = new Map([
  ['aws', 'AWS'],
  ['amazon', 'AWS'],
  ['azure', 'Azure'],
  ['gcp', 'GCP'],
]);

/** The cloud in which the workload runs: the agent's word, or AWS where it has an AWS account. */
export function cloudProviderOf(activity: Activity): string | undefined {
  const word = activity.cloudProvider;
  if (word !== undefined) return providers.get(word.toLowerCase()) ?? word;
  return awsAccountOf(activity) === undefined ? undefined : 'AWS';
}

function awsAccountOf(activity: Activity): string | undefined {
  const account = activity.awsAccountId;
  return account !== undefined && /^[0-9]{12}$/.test(account) ? account : undefined;
}

/** The endpoint on which it happened, and its cloud where that is known (profile cloud). */
export function device(): Entry[] {
  return [
    field('device.hostname', 'endpointHostName'),
    field('device.uid', 'endpointGuid'),
    derived('device.ip', 'first routable address', ['endpointIp'], (a) => mainAddress(a.endpointIp)),
    derived('device.mac', 'first valid one', ['endpointMacAddress'], (a) => macsOf(a)[0]),
    ...deviceType(),
    field('device.instance_uid', 'instanceId'),
    field('device.vpc_uid', 'vpcId'),
    field('device.region', 'regionId'),
    ...operatingSystem(),
    listed('device.groups', ['uid'], 'its management group', ['groupId'], ({ groupId }) =>
      groupId === undefined ? undefined : [{ uid: groupId }],
    ),
    listed(
      'device.network_interfaces',
      ['mac', 'ip', 'type_id', 'type'],
      'one for each address, where there are several',
      ['endpointIp', 'endpointMacAddress'],
      networkInterfaces,
    ),
    derived('cloud.provider', 'AWS where there is an AWS account', ['cloudProvider', 'awsAccountId'], cloudProviderOf, [
      'cloudProvider',
    ]),
    field('cloud.region', 'regionId'),
    derived('cloud.account.uid', '12 digits', ['awsAccountId'], awsAccountOf),
    ...captioned('cloud.account.type_id', 'type', 'AWS Account', [], () => 10),
  ];
}

/** Addresses of the endpoint that no column can hold. */
export const deviceKept: readonly Kept[] = [
  {
    kept: 'endpointIp',
    rule: 'what is not an IP address',
    uses: ['endpointIp'],
    derive: (a) => misfits(a.endpointIp, isAddress),
  },
  {
    kept: 'endpointMacAddress',
    rule: 'what is not a MAC',
    uses: ['endpointMacAddress'],
    derive: (a) => misfits(a.endpointMacAddress, (mac) => macOf(mac) !== undefined),
  },
];

/** The items that don't fit, as a JSON list; undefined when all do. */
export function misfits(items: readonly string[] | undefined, fits: (item: string) => boolean): string | undefined {
  if (items === undefined || items.every(fits)) return undefined;
  return JSON.stringify(items.filter((item) => !fits(item)));
}

const cloudInstance: Condition = {
  rule: 'with the id of a cloud instance',
  uses: [],
  presenceOf: ['instanceId'],
  holds: (a) => a.instanceId !== undefined,
};

function deviceType(): Entry[] {
  const type = (rule: string, uses: readonly ('osName' | 'osDescription')[], id: (a: Activity) => number | undefined) =>
    captioned('device.type_id', 'type', rule, uses, id, []);
  return [
    ...type('Server by its OS', ['osName', 'osDescription'], (a) => (isServer(a) ? 1 : undefined)),
    ...when(
      cloudInstance,
      type('Virtual', [], () => 6),
    ),
    ...type('else Unknown', [], () => 0),
  ];
}

function isServer({ osName, osDescription }: Activity): boolean {
  return /\bserver\b/i.test(`${osName} ${osDescription}`);
}

function operatingSystem(): Entry[] {
  return [
    field('device.os.name', 'osName'),
    ...captioned('device.os.type_id', 'type', 'by name', ['osName'], osType),
    field('device.os.version', 'osVer'),
    derived(
      'device.os.build',
      'after the word build',
      ['osDescription'],
      (a) => /\bbuild (\d[\d.]*)/i.exec(a.osDescription ?? '')?.[1],
      [],
    ),
    derived('device.os.cpu_bits', 'in brackets', ['osDescription'], cpuBits, []),
  ];
}

function cpuBits({ osDescription }: Activity): number | undefined {
  const bits = /\((32|64) bit\)/i.exec(osDescription ?? '')?.[1];
  return bits === undefined ? undefined : Number(bits);
}

function osType(activity: Activity): number | string | undefined {
  const name = activity.osName;
  if (name === undefined) return undefined;
  if (/windows/i.test(name)) return 100;
  if (/mac ?os|darwin|os x/i.test(name)) return 300;
  if (/solaris|sunos/i.test(name)) return 400;
  if (/linux|ubuntu|debian|centos|red ?hat|rhel|suse|fedora|oracle|amazon|amzn/i.test(name)) return 200;
  return /^aix/i.test(name) ? 401 : name;
}

function macsOf({ endpointMacAddress }: Activity): string[] {
  return (endpointMacAddress ?? []).map(macOf).filter((mac) => mac !== undefined);
}

function networkInterfaces(activity: Activity): OcsfObject[] | undefined {
  const addresses = (activity.endpointIp ?? []).filter(isAddress);
  const macs = macsOf(activity);
  if (addresses.length < 2 && macs.length < 2) return undefined;
  const unknown = { type_id: 0, type: 'Unknown' };
  return [...macs.map((mac) => ({ mac, ...unknown })), ...addresses.map((ip) => ({ ip, ...unknown }))];
}

/** The endpoint itself as a network endpoint, where it is certain that it is this end. */
export function endpointItself(path: string): Entry[] {
  return [
    derived(`${path}.ip`, 'the endpoint’s first routable address', ['endpointIp'], (a) => mainAddress(a.endpointIp)),
    field(`${path}.hostname`, 'endpointHostName'),
    field(`${path}.uid`, 'endpointGuid'),
  ];
}
