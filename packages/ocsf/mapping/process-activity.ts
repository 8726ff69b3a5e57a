import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { type FileFields, file } from './file.ts';
import { actor, actorKept, type ProcessFields, process, processKept, subject } from './process.ts';
import { type Condition, captioned, type Entry, field, type MappingTable, subIdIn, when } from './table.ts';

const image: FileFields = {
  path: 'objectFilePath',
  name: 'objectName',
  hashes: { md5: 'objectFileHashMd5', sha1: 'objectFileHashSha1', sha256: 'objectFileHashSha256' },
  size: 'objectFileSize',
  created: 'objectFileCreation',
  modified: 'objectFileModifiedTime',
  owner: 'objectFileOwnerName',
};

const target: ProcessFields = {
  pid: 'objectPid',
  uids: ['objectProcessHashId', 'objectHashId'],
  name: 'objectName',
  command: 'objectCmd',
  launched: 'objectLaunchTime',
  session: 'objectSessionId',
  integrity: 'objectIntegrityLevel',
  user: { name: 'objectUser', domain: 'objectUserDomain', group: 'objectUserGroup' },
  image,
};

const loads = subIdIn([4, 8], 'the process loads an image');
const identity = ['objectPid', 'objectProcessHashId', 'objectHashId'] as const;
const namesTarget = (a: Activity): boolean => identity.some((name) => a[name] !== undefined);
const ownAffair = new Set([3, 6, 7]);

/** A process that loads an image, ends, connects or lets itself be traced is the target itself, unless another is named. */
const onItself: Condition = {
  rule: 'the process acts on itself',
  uses: ['eventSubId'],
  presenceOf: identity,
  holds: (a) => loads.holds(a) || (ownAffair.has(a.eventSubId ?? 0) && !namesTarget(a)),
};
const onAnother: Condition = { ...onItself, rule: 'the process acts on another', holds: (a) => !onItself.holds(a) };
/** exec keeps the pid: the subject's is certain. */
const executes: Condition = {
  rule: 'the process becomes another image',
  uses: ['eventSubId'],
  presenceOf: identity,
  holds: (a) => a.eventSubId === 5 && !namesTarget(a),
};

const activityIds = { 1: 3, 2: 1, 3: 2, 5: 1, 7: 3 } as const;

/** OCSF 1007 from the agents' TELEMETRY_PROCESS: the process that acted is the actor, the object is `process`. */
export const processActivity: MappingTable = {
  columns: [
    ...base('process-activity', activityIds),
    ...device(),
    ...actor(),
    ...when(onAnother, process('process', target)),
    ...when(onItself, process('process', subject)),
    ...when(executes, [field('process.pid', 'processPid'), field('process.uid', 'processHashId')]),
    ...when(loads, loadedModule()),
  ],
  observables: [],
  message: [],
  kept: [...deviceKept, ...actorKept, ...processKept(target)],
};

function loadedModule(): Entry[] {
  return [
    ...captioned('module.load_type_id', 'load_type', 'Unknown', [], () => 0),
    ...file('module.file', image, true),
  ];
}
