import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { type FileFields, file, fileKept, type NumberField, otherName, type TextField } from './file.ts';
import { type Condition, captioned, derived, type Entry, field, instant, type Kept } from './table.ts';
import { baseName } from './text.ts';
import { onlyUserLoggedOn, type UserFields, user } from './user.ts';

/** The agent's fields about one process. */
export interface ProcessFields {
  readonly pid: NumberField;
  readonly uids: readonly TextField[];
  readonly name: TextField;
  readonly command: TextField;
  readonly launched: NumberField;
  readonly session: AgentFieldName;
  readonly integrity?: NumberField;
  readonly user: UserFields;
  readonly image: FileFields;
}

/** The process that acted. */
export const subject: ProcessFields = {
  pid: 'processPid',
  uids: ['processHashId'],
  name: 'processName',
  command: 'processCmd',
  launched: 'processLaunchTime',
  session: 'sessionId',
  integrity: 'integrityLevel',
  user: { name: 'processUser', domain: 'processUserDomain' },
  image: {
    path: 'processFilePath',
    uid: 'processFileHashId',
    hashes: { md5: 'processFileHashMd5', sha1: 'processFileHashSha1', sha256: 'processFileHashSha256' },
    size: 'processFileSize',
    created: 'processFileCreation',
    modified: 'processFileModifiedTime',
    owner: 'processFileOwnerName',
  },
};

/** The parent of the process that acted. */
export const parent: ProcessFields = {
  pid: 'parentPid',
  uids: ['parentHashId'],
  name: 'parentName',
  command: 'parentCmd',
  launched: 'parentLaunchTime',
  session: 'parentSessionId',
  user: { name: 'parentUser', domain: 'parentUserDomain' },
  image: {
    path: 'parentFilePath',
    uid: 'parentFileHashId',
    hashes: { md5: 'parentFileHashMd5', sha1: 'parentFileHashSha1', sha256: 'parentFileHashSha256' },
    size: 'parentFileSize',
    created: 'parentFileCreation',
    modified: 'parentFileModifiedTime',
    owner: 'parentFileOwnerName',
  },
};

const integrityIds: Readonly<Record<number, number>> = { 0: 1, 4096: 2, 8192: 3, 12288: 4, 16384: 5, 20480: 6 };

/** A process at `path`, with its image and user. It is left out where neither its pid nor its uid is known. */
export function process(path: string, fields: ProcessFields): Entry[] {
  const { integrity } = fields;
  return [
    field(`${path}.pid`, fields.pid),
    ...fields.uids.map((uid) => field(`${path}.uid`, uid)),
    derived(
      `${path}.name`,
      'last part of its name or image',
      [fields.name, fields.image.path],
      (a) => {
        const text = a[fields.name] ?? a[fields.image.path];
        return text === undefined ? undefined : (baseName(text) ?? text);
      },
      [fields.name],
    ),
    field(`${path}.cmd_line`, fields.command),
    ...instant(`${path}.created_time`, fields.launched),
    ...(integrity === undefined
      ? []
      : captioned(`${path}.integrity_id`, 'integrity', 'by the RID', [integrity], (a) => integrityOf(a, integrity))),
    field(`${path}.session.uid`, fields.session),
    ...user(`${path}.user`, fields.user),
    ...file(`${path}.file`, fields.image, true),
  ];
}

const brief = new Set(['pid', 'uid', 'name', 'file.name', 'file.path', 'file.type_id', 'file.type']);

/** A process at `path`, as far as it takes to recognise it: for one that stands in full at another path. */
export function processInBrief(path: string, fields: ProcessFields): Entry[] {
  return process(path, fields).filter((entry) => brief.has(entry.path.slice(path.length + 1)));
}

function integrityOf(activity: Activity, integrity: NumberField): number | string | undefined {
  const rid = activity[integrity];
  return rid === undefined ? undefined : (integrityIds[rid] ?? String(rid));
}

/** What the columns of a process cannot hold. */
export function processKept(fields: ProcessFields): Kept[] {
  return [otherName(fields.name, fields.image.path), ...fileKept(fields.image)];
}

const userless: Condition = {
  rule: 'no user of the process',
  uses: [],
  presenceOf: ['processUser'],
  holds: (a) => a.processUser === undefined,
};

/** Who acted: the process with its parent (one level: deeper ones are not known), and its user or else the only one logged on. */
export function actor(): Entry[] {
  return [
    ...process('actor.process', subject),
    ...process('actor.process.parent_process', parent),
    ...user('actor.user', subject.user),
    ...onlyUserLoggedOn('actor.user', userless),
  ];
}

/** What the columns of the actor cannot hold. */
export const actorKept: readonly Kept[] = [...processKept(subject), ...processKept(parent)];
