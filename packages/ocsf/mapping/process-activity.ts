import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { type FileFields, file } from './file.ts';
import { linking, onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import {
  actor,
  actorKept,
  type ProcessFields,
  parent,
  process,
  processInBrief,
  processKept,
  subject,
} from './process.ts';
import {
  type Condition,
  captioned,
  type Entry,
  field,
  type MappingTable,
  type MessagePart,
  subIdIn,
  when,
} from './table.ts';
import { baseName } from './text.ts';

const image: FileFields = {
  path: 'objectFilePath',
  uid: 'objectFileHashId',
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
/** Who creates a process is its parent, whatever process Windows is told to be. */
const creates = subIdIn([2], 'the process creates another');
const onAnother: Condition = { ...onItself, rule: 'the process acts on another', holds: (a) => !onItself.holds(a) };
/** exec keeps the pid: the subject's is certain. */
const executes: Condition = {
  rule: 'the process becomes another image',
  uses: ['eventSubId'],
  presenceOf: identity,
  holds: (a) => a.eventSubId === 5 && !namesTarget(a),
};

const verbs = {
  1: ' opened ',
  2: ' launched ',
  3: ' ended ',
  4: ' loaded ',
  5: ' executed ',
  6: ' connected to ',
  7: ' asked to be traced: ',
  8: ' loaded the kernel image ',
} as const;
const beforePid = { 4: ' into process ', 8: ' into process ' } as const;
const afterPid = { 4: '', 8: '' } as const;

/** The object's name stands for the process acted on, and for an image that is loaded. */
const objectName: MessagePart = {
  rule: 'last part of the object’s name or path',
  uses: ['objectName', 'objectFilePath'],
  derive: (a) => {
    const text = a.objectName ?? a.objectFilePath;
    return text === undefined ? 'itself' : (baseName(text) ?? text);
  },
};

/** OCSF 1007 from the agents' TELEMETRY_PROCESS: the process that acted is the actor, the object is `process`. */
export const processActivity: MappingTable = {
  columns: [
    ...base('process-activity'),
    ...device(),
    ...actor(),
    ...when(onAnother, process('process', target)),
    ...when(onItself, process('process', subject)),
    ...when(creates, processInBrief('process.parent_process', subject)),
    ...when(onItself, processInBrief('process.parent_process', parent)),
    ...when(executes, processInBrief('process.parent_process', parent)),
    ...when(executes, [field('process.pid', 'processPid'), field('process.uid', 'processHashId')]),
    ...when(loads, loadedModule()),
  ],
  observables: [
    ...commonObservables,
    observable('processName', 'process.name'),
    observable('user', 'process.user.name'),
    observable('hash', 'process.file.hashes[].value'),
    observable('fileName', 'module.file.name'),
    observable('hash', 'module.file.hashes[].value'),
  ],
  message: [
    ...whoActed,
    verb(verbs),
    objectName,
    linking(beforePid, ' ('),
    told('process.pid', 'pid unknown'),
    linking(afterPid, ')'),
    ...onHost,
  ],
  kept: [...deviceKept, ...actorKept, ...processKept(target)],
};

function loadedModule(): Entry[] {
  return [
    ...captioned('module.load_type_id', 'load_type', 'Unknown', [], () => 0),
    ...file('module.file', image, true),
  ];
}
