import type { Dice } from './dice.ts';
import type { ActivityFields } from './feed-record.ts';
import { endpointGuidOf } from './recording.ts';
import { cloudRegions, type Program, people, type System, type SystemVocabulary, systems } from './vocabulary.ts';
import { hashId } from './windows-values.ts';

/** A process that runs on a simulated host. */
export interface Process {
  readonly pid: number;
  readonly program: Program;
  readonly command: string;
  readonly user: string;
  readonly domain?: string;
  readonly launchedAt: number;
  readonly parent?: Process;
}

/** A simulated host: what never changes about it, and its living processes, the root first. */
export interface Host {
  readonly account: string;
  readonly system: System;
  readonly vocabulary: SystemVocabulary;
  readonly address: string;
  readonly person: string;
  readonly domain?: string;
  /** The fields that every activity of this host carries. */
  readonly facts: ActivityFields & { readonly endpointGuid: string };
  readonly processes: Process[];
  lastPid: number;
}

/** How the fleet is laid out. */
export interface FleetOptions {
  /** Our customers' accounts, 12 digits each. */
  readonly accounts: readonly string[];
  readonly hostsPerAccount: number;
  /** When the hosts have been running already, ms since the epoch. */
  readonly startMs: number;
}

/** `count` accounts that nobody has, 12 digits, the same for ever: 900000000001, 900000000002, … */
export function simulatedAccounts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(900_000_000_001 + index));
}

/** The hosts of all accounts: of 10 about 6 run Windows, 3 Linux and 1 macOS; half of the servers run in AWS. */
export function createFleet(dice: Dice, options: FleetOptions): Host[] {
  return options.accounts.flatMap((account, customer) => {
    const awsAccounts = [0, 1].map((index) => String(700_000_000_000 + customer * 10 + index));
    return Array.from({ length: options.hostsPerAccount }, (_, index) => {
      // The first three differ, so that a small fleet has every system too.
      const system =
        (['windows', 'linux', 'macos'] as const)[index] ?? dice.weighted({ windows: 6, linux: 3, macos: 1 });
      return createHost(dice, { account, customer, index, system, awsAccounts, startMs: options.startMs });
    });
  });
}

interface Place {
  readonly account: string;
  readonly customer: number;
  readonly index: number;
  readonly system: System;
  readonly awsAccounts: readonly string[];
  readonly startMs: number;
}

function createHost(dice: Dice, place: Place): Host {
  const { account, system, index } = place;
  const vocabulary = systems[system];
  const person = dice.one(people);
  const address = `10.${place.customer % 256}.${(index >> 8) % 256}.${(index % 254) + 1}`;
  const name = hostNameOf(system, person, place);
  const domain = system === 'windows' ? `CORP${place.customer % 100}` : undefined;
  const host: Host = {
    account,
    system,
    vocabulary,
    address,
    person,
    ...(domain === undefined ? {} : { domain }),
    facts: {
      endpointGuid: endpointGuidOf(account, name),
      endpointHostName: name,
      endpointIp: [address, '127.0.0.1', `fe80::${dice.between(1, 65_534).toString(16)}`],
      endpointMacAddress: [`02:${[1, 2, 3, 4, 5].map(() => dice.hex(2)).join(':')}`],
      osName: vocabulary.osName,
      osVer: vocabulary.osVer,
      osType: vocabulary.osType,
      osDescription: vocabulary.osDescription,
      pplat: vocabulary.pplat,
      timezone: dice.one(['UTC+00:00', 'UTC-05:00', 'UTC+09:00']),
      logonUser: [person],
      ...(domain === undefined ? {} : { userDomain: [domain] }),
      productCode: 'sds',
      pname: '2200',
      pver: '1.2.0.5960',
      plang: 1,
      eventSourceType: 1,
      ...(system !== 'macos' && (index === 1 || dice.chance(50)) ? cloudFacts(dice, place) : {}),
    },
    processes: [],
    lastPid: dice.between(400, 4000),
  };
  startProcess(dice, host, vocabulary.root, place.startMs - dice.between(60_000, 86_400_000));
  return host;
}

function hostNameOf(system: System, person: string, { account, index }: Place): string {
  if (system === 'windows') return `WS-${account.slice(-4)}-${String(index).padStart(4, '0')}`;
  if (system === 'linux') return `web-${index}.c${account.slice(-4)}.internal`;
  return `${person.split('.')[0]}s-MacBook-Pro-${index}`;
}

function cloudFacts(dice: Dice, { awsAccounts, account }: Place): ActivityFields {
  const awsAccountId = dice.one(awsAccounts);
  return {
    awsAccountId,
    cloudProvider: 'aws',
    instanceId: `i-0${dice.hex(16)}`,
    vpcId: `vpc-0${hashId(`${account}/${awsAccountId}`).replace('-', '').padStart(16, '0').slice(0, 16)}`,
    regionId: dice.one(cloudRegions),
  };
}

const processesMax = 32;

/** Starts `program` on `host`, as a child of one of its processes. The oldest child ends when there are too many. */
export function startProcess(dice: Dice, host: Host, program: Program, now: number): Process {
  host.lastPid += dice.between(1, 40);
  const parent = host.processes.length === 0 ? undefined : dice.one(host.processes);
  const { systemUser } = host.vocabulary;
  const domain = program.user === 'system' ? systemUser.domain : host.domain;
  const started: Process = {
    pid: host.lastPid,
    program,
    command: fillIn(dice, host, dice.one(program.commands)),
    user: program.user === 'system' ? systemUser.name : host.person,
    ...(domain === undefined ? {} : { domain }),
    launchedAt: now,
    // Without its own parents: a tree that only grows would never leave memory.
    ...(parent === undefined ? {} : { parent: withoutParent(parent) }),
  };
  host.processes.push(started);
  if (host.processes.length > processesMax) host.processes.splice(1, 1);
  return started;
}

function withoutParent({ parent: _, ...process }: Process): Process {
  return process;
}

/** `template` with the host's user for `%u` and a number for `%n`. */
export function fillIn(dice: Dice, host: Host, template: string): string {
  return template.replaceAll('%u', host.person).replaceAll('%n', () => String(dice.between(10, 99)));
}
