import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { type FileFields, file, fileKept } from './file.ts';
import { onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import { type Condition, type MappingTable, type MessagePart, when } from './table.ts';

const target: FileFields = {
  path: 'objectFilePath',
  uid: 'objectFileHashId',
  name: 'objectName',
  hashes: { md5: 'objectFileHashMd5', sha1: 'objectFileHashSha1', sha256: 'objectFileHashSha256' },
  size: 'objectFileSize',
  created: 'objectFileCreation',
  modified: 'objectFileModifiedTime',
  owner: 'objectFileOwnerName',
};

const origin: FileFields = {
  path: 'srcFilePath',
  uid: 'srcFileHashId',
  size: 'srcFileSize',
  created: 'srcFileCreation',
  modified: 'srcFileModifiedTime',
  owner: 'srcFileOwnerName',
};

const moved: Condition = {
  rule: 'moved, with its source',
  uses: ['eventSubId'],
  presenceOf: ['srcFilePath'],
  holds: (a) => a.eventSubId === 106 && a.srcFilePath !== undefined,
};
const notMoved: Condition = { ...moved, rule: 'not moved', holds: (a) => !moved.holds(a) };

const verbs = {
  101: ' created ',
  102: ' opened ',
  103: ' deleted ',
  104: ' set the security of ',
  105: ' copied to ',
  106: ' moved ',
  107: ' closed ',
  108: ' set the times of ',
  109: ' modified ',
  110: ' set attributes of ',
  111: ' listed ',
  112: ' set an extended attribute of ',
  113: ' deleted an extended attribute of ',
} as const;

const toTarget: MessagePart = {
  rule: 'before the target of a move',
  uses: ['eventSubId', 'srcFilePath'],
  derive: (a) => (moved.holds(a) ? ' to ' : ''),
};

/**
 * OCSF 1001 from the agents' TELEMETRY_FILE. A move has its source in `file` and its target in `file_result`; all
 * others have the object in `file`. The source of a copy stays in `unmapped`.
 */
export const fileActivity: MappingTable = {
  columns: [
    ...base('file-activity'),
    ...device(),
    ...actor(),
    ...when(moved, file('file', origin, false)),
    ...when(notMoved, file('file', target, false)),
    ...when(moved, file('file_result', target, false)),
  ],
  observables: [
    ...commonObservables,
    observable('fileName', 'file.name'),
    observable('hash', 'file.hashes[].value'),
    observable('fileName', 'file_result.name'),
    observable('hash', 'file_result.hashes[].value'),
  ],
  message: [...whoActed, verb(verbs), told('file.path', 'a file'), toTarget, told('file_result.path', ''), ...onHost],
  kept: [...deviceKept, ...actorKept, ...fileKept(target)],
};
