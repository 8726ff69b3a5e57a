/** Believable values of the agents' fields, drawn with dice: as a producer sends them in JSON. */
import { type AgentFieldName, type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Dice } from './random-dice.fixture.ts';
import { sampleTime } from './samples.fixture.ts';

/** The operating system of an endpoint. */
export type System = 'windows' | 'linux' | 'macos';

interface Words {
  readonly paths: readonly string[];
  readonly users: readonly string[];
  readonly domains: readonly string[];
  readonly names: readonly string[];
  readonly versions: readonly string[];
  readonly descriptions: readonly string[];
  readonly hosts: readonly string[];
}

const words: Readonly<Record<System, Words>> = {
  windows: {
    paths: [
      'C:\\Windows\\System32\\svchost.exe',
      'C:\\Windows\\System32\\cmd.exe',
      'c:\\users\\ana\\appdata\\local\\temp\\a b.tmp',
      '\\\\files\\share\\Bericht für März.docx',
      '\\Device\\HarddiskVolume3\\x.sys',
      'powershell.exe',
      'C:\\',
    ],
    users: ['SYSTEM', 'LOCAL SERVICE', 'CORP\\ana', 'Administrator', 'WIN-7$'],
    domains: ['NT AUTHORITY', 'CORP', 'WORKGROUP'],
    names: ['Windows', 'Windows Server 2022'],
    versions: ['10.0.20348', '10.0.19044', '6.1.7601'],
    descriptions: ['Windows Server 2022 (64 bit) build 20348', 'Windows 7 Professional (32 bit) build 7601.24535'],
    hosts: ['WIN-APP-07', 'laptop-ana.corp.example', 'DC1'],
  },
  linux: {
    paths: [
      '/usr/bin/bash',
      '/etc/cron.d/backup',
      '/tmp/.x',
      '/var/lib/docker/overlay2/l/a.tar.gz',
      '/',
      'kworker/0:1',
    ],
    users: ['root', 'ec2-user', 'oracle', 'nobody'],
    domains: ['example.internal'],
    names: ['Linux', 'Ubuntu', 'Red Hat Enterprise Linux', 'SunOS', 'AIX'],
    versions: ['Amazon Linux 2', '22.04', '5.10'],
    descriptions: ['Amazon Linux 2 (64 bit) (5.4.188-104.359.amzn2.x86_64)', 'Ubuntu Linux 22 (64 bit) (5.15.0-1)'],
    hosts: ['ip-172-31-5-9.ec2.internal', 'web-1', 'k8s-node_3'],
  },
  macos: {
    paths: [
      '/usr/libexec/xpcproxy',
      '/Users/ana/Library/LaunchAgents/x.plist',
      '/Applications/Übersicht.app/Contents/MacOS/x',
    ],
    users: ['ana', 'root', '_mdnsresponder'],
    domains: ['local'],
    names: ['macOS', 'Mac OS X', 'Darwin'],
    versions: ['14.5', '10.15.7'],
    descriptions: ['macOS 14.5', 'Mac OS X (64 bit) build 19H2'],
    hosts: ['MacBook-Pro-de-Ana', 'mini.local'],
  },
};

const addresses = [
  '10.20.30.40',
  '172.31.5.9',
  '93.184.216.34',
  '127.0.0.1',
  '169.254.1.1',
  '0.0.0.0',
  'fe80::1c2d:3e4f',
  '2001:db8::5',
  '2001:0DB8:0000:0000:0000:0000:0000:0005',
  'fd00::7',
  '::',
  '::1',
  '::ffff:10.10.10.10',
];
const macs = ['0a:1b:2c:3d:4e:5f', '02-42-AC-11-00-02', 'a4:83:e7:01:02:03'];
const hostNames = [
  'example.com',
  'settings-win.data.microsoft.com',
  '_ldap._tcp.example.com.',
  'wpad',
  'xn--bcher-kva.example',
];
const dayMs = 86_400_000;

type Draw = (dice: Dice, system: System) => unknown;
const oneOf =
  (...list: readonly unknown[]): Draw =>
  (dice) =>
    dice.one(list);
const several =
  (draw: Draw): Draw =>
  (dice, system) =>
    Array.from({ length: dice.between(1, 3) }, () => draw(dice, system));
const path: Draw = (dice, system) => {
  const known = dice.one(words[system].paths);
  return dice.chance(20) ? `${known}${dice.between(0, 999)}` : known;
};
const user: Draw = (dice, system) => dice.one(words[system].users);
const domain: Draw = (dice, system) => dice.one(words[system].domains);
const address = oneOf(...addresses);
const registryKeys = [
  'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters',
  'hkcu\\software\\microsoft\\windows\\currentversion\\run',
  '\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\CLSID\\{11111111-1111-1111-1111-111111111111}',
];

const byName: Readonly<Partial<Record<AgentFieldName, Draw>>> = {
  uuid: (dice) => `${dice.hex(8)}-${dice.hex(4)}-4${dice.hex(3)}-a${dice.hex(3)}-${dice.hex(12)}`,
  awsAccountId: oneOf('210987654321', '000000000001', '12345', 'none'),
  cloudProvider: oneOf('aws', 'AWS', 'azure', 'gcp', 'GCP', 'alibaba', 'none'),
  regionId: oneOf('us-east-1', 'US East (N. Virginia)', 'westeurope'),
  filterRiskLevel: oneOf('info', 'low', 'medium', 'high', 'critical', 'Informational', 'unheard-of'),
  tags: several(oneOf('MITREV9.T1059.003', 'XSAE.F2924', 'MITRE.T1003')),
  endpointGuid: (dice) => `0f5b1a2e-7c3d-4e8f-9a6b-0000000000${dice.hex(2)}`,
  endpointHostName: (dice, system) => dice.one(words[system].hosts),
  endpointIp: several(address),
  endpointMacAddress: several(oneOf(...macs)),
  osName: (dice, system) => dice.one(words[system].names),
  osVer: (dice, system) => dice.one(words[system].versions),
  osDescription: (dice, system) => dice.one(words[system].descriptions),
  timezone: oneOf('UTC-05:00', 'UTC+05:30', 'UTC', 'GMT+1', 'Europe/Berlin', 'UTC+14:00'),
  logonUser: several(user),
  userDomain: several(domain),
  integrityLevel: oneOf(0, 4096, 8192, 12288, 16384, 20480, 8448),
  objectIntegrityLevel: oneOf(4096, 8192, 12288, 16384, 8448),
  objectPosixPermission: oneOf('33188', 1050112, 'rwxr-xr-x'),
  src: address,
  dst: address,
  spt: (dice) => dice.between(0, 65_535),
  dpt: oneOf(0, 22, 53, 80, 443, 3389, 65_535),
  proto: oneOf(0, 1, 2, 3, 6, 17, 58),
  requestMethod: oneOf('GET', 'POST', 'CONNECT'),
  status: oneOf('200', 404, '0', 'OK'),
  hostName: oneOf(...hostNames),
  objectIps: several(address),
  objectRegistryKeyHandle: oneOf(...registryKeys),
  objectRegistryValue: oneOf('threadingmodel', 'Start', '(Default)', 'Größe'),
  objectRegistryData: oneOf('{11111111-1111-1111-1111-111111111111}', '0', 'C:\\x.exe -k', '4d5a9000'),
  objectRegType: oneOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 77),
  objectLoginOutSourceAddress: address,
  objectLoginOutStatus: oneOf('success', 'failure', 'SUCCESS', '1', 'other'),
  objectLoginOutMetaType: oneOf('interactive', 'ssh', 'RDP', '10'),
};

const byEnding: readonly (readonly [ending: RegExp, draw: Draw])[] = [
  [/(FilePath|Name)$/, path],
  [/Cmd$/, (dice, system) => `${path(dice, system)} --run ${dice.between(0, 500)} "über"`],
  [/User$|OwnerName$/, user],
  [/UserDomain$/, domain],
  [/Group(Name)?$/, oneOf('Administrators', 'staff', 'dba')],
  [/Md5$/, (dice) => dice.hex(32)],
  [/Sha1$/, (dice) => dice.hex(40)],
  [/Sha256$/, (dice) => dice.hex(64).toUpperCase()],
  [/Pid$/, (dice) => dice.between(1, 99_999)],
  [/Signer$/, several(oneOf('Microsoft Windows', 'Software Signing;Apple Root CA;'))],
];

/** A whole number as JSON has it from agents: as a number or as text. */
const asSent = (dice: Dice, number: number): number | string => (dice.chance(50) ? String(number) : number);

const byType: Readonly<Record<AgentFieldType, Draw>> = {
  string: (dice) => `text ${dice.between(0, 99)}`,
  int: (dice) => asSent(dice, dice.between(0, 5000)),
  'long-id': (dice) => `${dice.chance(50) ? '-' : ''}${dice.between(1, 9)}${BigInt(`0x${dice.hex(14)}`)}`,
  time: (dice) => asSent(dice, timeOf(dice)),
  size: (dice) => asSent(dice, dice.between(0, 2 ** 40)),
  boolean: oneOf(true, false, 1, 0, 'true', '0'),
  strings: several((dice) => `item ${dice.between(0, 20)}`),
  booleans: several(oneOf(true, false, 1, 0)),
};

/** A time of the month before `sampleTime`, ms since the epoch. */
export function timeOf(dice: Dice): number {
  return sampleTime - dice.between(0, 30 * dayMs);
}

const draws = new Map<AgentFieldName, Draw>();
for (const name of Object.keys(agentFields) as AgentFieldName[]) {
  const { type } = agentFields[name];
  const fitting = type === 'string' || /Pid$|Signer$/.test(name);
  const ending = fitting ? byEnding.find(([pattern]) => pattern.test(name))?.[1] : undefined;
  draws.set(name, byName[name] ?? ending ?? byType[type]);
}

/** A value that an agent on `system` could send in the field. */
export function believable(dice: Dice, system: System, name: AgentFieldName): unknown {
  return draws.get(name)!(dice, system);
}
