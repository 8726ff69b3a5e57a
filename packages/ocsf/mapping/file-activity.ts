import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { type FileFields, file, fileKept } from './file.ts';
import { actor, actorKept } from './process.ts';
import { type Condition, type MappingTable, when } from './table.ts';

const target: FileFields = {
  path: 'objectFilePath',
  name: 'objectName',
  hashes: { md5: 'objectFileHashMd5', sha1: 'objectFileHashSha1', sha256: 'objectFileHashSha256' },
  size: 'objectFileSize',
  created: 'objectFileCreation',
  modified: 'objectFileModifiedTime',
  owner: 'objectFileOwnerName',
};

const origin: FileFields = {
  path: 'srcFilePath',
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

const activityIds = {
  101: 1,
  102: 14,
  103: 4,
  104: 7,
  106: 5,
  108: 6,
  109: 3,
  110: 6,
  112: 6,
  113: 6,
} as const;

/**
 * OCSF 1001 from the agents' TELEMETRY_FILE. A move has its source in `file` and its target in `file_result`; all
 * others have the object in `file`. The source of a copy stays in `unmapped`.
 */
export const fileActivity: MappingTable = {
  columns: [
    ...base('file-activity', activityIds),
    ...device(),
    ...actor(),
    ...when(moved, file('file', origin, false)),
    ...when(notMoved, file('file', target, false)),
    ...when(moved, file('file_result', target, false)),
  ],
  observables: [],
  message: [],
  kept: [...deviceKept, ...actorKept, ...fileKept(target)],
};
