import { createHash } from 'node:crypto';
import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import { v5 as uuidV5 } from 'uuid';
import { createDice, type Dice } from './dice.ts';
import { type ActivityFields, type FeedRecord, recordOf } from './feed-record.ts';
import { createFleet, type FleetOptions, fillIn, type Host, type Process, startProcess } from './fleet.ts';
import { hostNames, type Program, registryValues } from './vocabulary.ts';
import { hashId } from './windows-values.ts';

/** Our own namespace for the uuids of simulated events (RFC 9562, version 5), drawn once. */
const namespace = 'b6f0a3d2-1c8e-4f57-8a64-2e9d7c5b1f30';

/** What is simulated. The same options always give the same events in the same order. */
export interface SimulationOptions extends FleetOptions {
  readonly seed: number;
  /** Salt of the uuids: another run of the same seed gives other events. */
  readonly run: string;
  readonly count: number;
  /** From one event to the next, ms; may be a fraction. */
  readonly stepMs: number;
}

/** How often each class happens: endpoints start processes and touch files all the time, and change accounts seldom. */
const classWeights: Readonly<Record<EventClass, number>> = {
  'process-activity': 38,
  'file-activity': 27,
  'network-activity': 16,
  'registry-value-activity': 9,
  'dns-activity': 7,
  'account-change-audit': 3,
};

/** What happened, without what every activity has. */
interface Happening {
  readonly subId: number;
  readonly fields: ActivityFields;
}

/** The events of a fleet, in the order in which they happen. Holds the fleet in memory, never the events. */
export function* simulate(options: SimulationOptions): Generator<FeedRecord, void, undefined> {
  const dice = createDice(options.seed);
  const fleet = createFleet(dice, options);
  const withRegistry = fleet.filter((host) => host.system === 'windows');
  for (let index = 0; index < options.count; index++) {
    const drawn = dice.weighted(classWeights);
    const eventClass = drawn === 'registry-value-activity' && withRegistry.length === 0 ? 'file-activity' : drawn;
    const host = dice.one(eventClass === 'registry-value-activity' ? withRegistry : fleet);
    const now = Math.floor(options.startMs + index * options.stepMs);
    const { subId, fields } = happenings[eventClass](dice, host, now);
    yield recordOf(eventClass, {
      ...host.facts,
      ...fields,
      uuid: uuidV5(`${options.run}/${options.seed}/${index}`, namespace),
      accountId: host.account,
      eventId: eventClasses[eventClass].agentEventId,
      eventSubId: subId,
      eventTime: now,
      logReceivedTime: now + dice.between(5, 900),
    });
  }
}

const happenings: Readonly<Record<EventClass, (dice: Dice, host: Host, now: number) => Happening>> = {
  'process-activity': processHappening,
  'file-activity': fileHappening,
  'network-activity': networkHappening,
  'registry-value-activity': registryHappening,
  'dns-activity': dnsHappening,
  'account-change-audit': accountHappening,
};

function processHappening(dice: Dice, host: Host, now: number): Happening {
  const kind = dice.weighted({ create: 6, terminate: 3, open: 2, load: 3 });
  if (kind === 'create') {
    const started = startProcess(dice, host, dice.one(host.vocabulary.programs), now);
    return { subId: 2, fields: { ...subjectOf(host, started.parent ?? started), ...objectOf(host, started) } };
  }
  const subject = dice.one(host.processes);
  const object =
    kind === 'load' ? imageOf(dice.one(host.vocabulary.programs)) : objectOf(host, dice.one(host.processes));
  if (kind === 'terminate' && subject !== host.processes[0]) host.processes.splice(host.processes.indexOf(subject), 1);
  if (kind === 'terminate') return { subId: 3, fields: { ...subjectOf(host, subject), ...objectOf(host, subject) } };
  return { subId: kind === 'open' ? 1 : 4, fields: { ...subjectOf(host, subject), ...object } };
}

function fileHappening(dice: Dice, host: Host, now: number): Happening {
  const path = fillIn(dice, host, dice.one(host.vocabulary.files));
  const kind = dice.weighted({ '101': 5, '102': 5, '109': 4, '103': 2, '106': 1, '104': 1 });
  const size = dice.between(0, 4_000_000);
  return {
    subId: Number(kind),
    fields: {
      ...subjectOf(host, dice.one(host.processes)),
      objectFilePath: path,
      objectName: path,
      objectFileSize: size,
      objectFileCreation: now - dice.between(0, 10_000_000_000),
      objectFileModifiedTime: now,
      objectHashId: hashId(`${host.facts.endpointGuid}/${path}`),
      ...(kind === '103' ? {} : digestsOf('object', `${path}/${size}`)),
      ...(kind === '106' ? { srcFilePath: `${path}.part`, srcFileSize: size } : {}),
      ...(host.system === 'windows' ? {} : { objectPosixPermission: '0x100600', objectFileOwnerName: host.person }),
    },
  };
}

function networkHappening(dice: Dice, host: Host): Happening {
  const kind = dice.weighted({ '204': 7, '203': 3, '202': 1 });
  const remote = dice.chance(20) ? `2001:db8::${dice.hex(4)}` : `203.0.113.${dice.between(1, 254)}`;
  const local = remote.includes(':') ? host.facts.endpointIp![2]! : host.address;
  const ephemeral = dice.between(49_152, 65_535);
  const service = dice.one([443, 443, 80, 22, 3389, 5432]);
  const ends = {
    '204': { src: local, spt: ephemeral, dst: remote, dpt: service },
    '203': { src: remote, spt: ephemeral, dst: local, dpt: service },
    '202': { src: '0.0.0.0', spt: service, dst: '0.0.0.0', dpt: 0 },
  }[kind];
  return {
    subId: Number(kind),
    fields: { ...subjectOf(host, dice.one(host.processes)), ...ends, proto: dice.chance(85) ? 1 : 2 },
  };
}

function dnsHappening(dice: Dice, host: Host): Happening {
  const answers = Array.from({ length: dice.between(0, 3) }, () => `203.0.113.${dice.between(1, 254)}`);
  return {
    subId: 301,
    fields: {
      ...subjectOf(host, dice.one(host.processes)),
      hostName: dice.one(hostNames),
      ...(answers.length > 0 ? { objectIps: answers } : {}),
    },
  };
}

function registryHappening(dice: Dice, host: Host): Happening {
  const [key, value, type, data] = dice.one(registryValues);
  const subId = Number(dice.weighted({ '402': 5, '401': 1, '403': 1, '407': 3 }));
  return {
    subId,
    fields: {
      ...subjectOf(host, dice.one(host.processes)),
      objectRegistryKeyHandle: key,
      ...(subId === 401 ? {} : { objectRegistryValue: value }),
      ...(subId === 402 ? { objectRegType: type, objectRegistryData: fillIn(dice, host, data) } : {}),
    },
  };
}

function accountHappening(dice: Dice, host: Host): Happening {
  const subId = Number(dice.weighted({ '501': 1, '502': 1, '503': 1, '504': 2, '505': 6, '506': 5 }));
  return {
    subId,
    fields: {
      ...subjectOf(host, dice.one(host.processes)),
      objectUser: subId < 503 ? `temp-${dice.between(100, 999)}` : host.person,
      ...(host.domain === undefined ? {} : { objectUserDomain: host.domain }),
      ...(subId === 504 ? { objectUserGroup: dice.one(host.vocabulary.groups) } : {}),
      ...(subId >= 505 ? { objectLoginOutSessionId: dice.between(1, 400).toString() } : {}),
    },
  };
}

/** The process that acted, and its parent. */
function subjectOf(host: Host, { pid, program, command, user, domain, launchedAt, parent }: Process): ActivityFields {
  return {
    processPid: pid,
    processName: program.path,
    processFilePath: program.path,
    processCmd: command,
    processUser: user,
    ...(domain === undefined ? {} : { processUserDomain: domain }),
    processLaunchTime: launchedAt,
    processHashId: hashId(`${host.facts.endpointGuid}/${pid}/${launchedAt}`),
    ...digestsOf('process', program.path),
    ...(program.signer === undefined ? {} : { processSigner: [program.signer], processSignerValid: [true] }),
    ...(parent === undefined ? {} : parentOf(host, parent)),
  };
}

function parentOf(host: Host, { pid, program, command, user, domain, launchedAt }: Process): ActivityFields {
  return {
    parentPid: pid,
    parentName: program.path,
    parentFilePath: program.path,
    parentCmd: command,
    parentUser: user,
    ...(domain === undefined ? {} : { parentUserDomain: domain }),
    parentLaunchTime: launchedAt,
    parentHashId: hashId(`${host.facts.endpointGuid}/${pid}/${launchedAt}`),
    ...digestsOf('parent', program.path),
  };
}

/** The process acted on. */
function objectOf(host: Host, { pid, program, command, user, domain, launchedAt }: Process): ActivityFields {
  return {
    ...imageOf(program),
    objectPid: pid,
    objectCmd: command,
    objectUser: user,
    ...(domain === undefined ? {} : { objectUserDomain: domain }),
    objectLaunchTime: launchedAt,
    objectProcessHashId: hashId(`${host.facts.endpointGuid}/${pid}/${launchedAt}`),
  };
}

function imageOf(program: Program): ActivityFields {
  return {
    objectName: program.path,
    objectFilePath: program.path,
    ...digestsOf('object', program.path),
    ...(program.signer === undefined ? {} : { objectSigner: [program.signer], objectSignerValid: [true] }),
  };
}

/** Digests that follow from what the file is, so that the same program has the same ones everywhere. */
function digestsOf(prefix: 'process' | 'parent' | 'object', content: string): ActivityFields {
  const hex = createHash('sha512').update(content).digest('hex');
  return {
    [`${prefix}FileHashMd5`]: hex.slice(0, 32),
    [`${prefix}FileHashSha1`]: hex.slice(0, 40),
    [`${prefix}FileHashSha256`]: hex.slice(0, 64),
  };
}
