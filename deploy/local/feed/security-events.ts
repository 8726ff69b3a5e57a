import {
  always,
  integrityLevel,
  number,
  processNamed,
  protocol,
  type Source,
  type Sources,
  text,
  textVia,
  time,
  type WindowsRule,
} from './windows-rule.ts';
import { plainIp, registryPath, textOf, type WindowsEvent } from './windows-values.ts';

/** The channel of Windows' audit events. */
export const securityChannel = 'Security';

const subjectUser: Sources = {
  processUser: text('SubjectUserName'),
  processUserDomain: text('SubjectDomainName'),
};
const subject: Sources = {
  ...processNamed('process', { pid: 'ProcessId', image: 'ProcessName' }),
  ...subjectUser,
};

/** The account that an event is about: its name, or its SID where Windows could not resolve it. */
const account: Sources = {
  ...subject,
  objectUser: (event) => textOf(event, 'TargetUserName') ?? textOf(event, 'TargetSid'),
  objectUserDomain: text('TargetDomainName'),
};
/** Events about membership name the group as target, and the account as member. */
const member: Sources = {
  ...subject,
  objectUser: (event) => textOf(event, 'MemberName') ?? textOf(event, 'MemberSid'),
  objectUserDomain: text('TargetDomainName'),
  objectUserGroup: text('TargetUserName'),
};
const logout: Sources = {
  ...account,
  objectLoginOutMetaType: text('LogonType'),
  objectLoginOutSessionId: text('TargetLogonId'),
};
const accountChange = (subId: number, fields: Sources = account): WindowsRule => ({
  eventClass: 'account-change-audit',
  subId,
  fields,
});

const application = processNamed('process', { pid: 'ProcessId', image: 'Application' });
const local: Sources = {
  ...application,
  src: textVia('SourceAddress', plainIp),
  spt: number('SourcePort'),
  proto: protocol('Protocol'),
};
/** Nobody is at the other end yet; the agents write the unspecified address. */
const listening: Sources = {
  ...local,
  dst: textVia('SourceAddress', (address) => (address.includes(':') ? '::' : '0.0.0.0')),
};
/** What Windows writes for the direction of a connection (message table of the Security log). */
const directions: Readonly<Record<string, number>> = { '%%14592': 203, '%%14593': 204 };

/** Access rights by the bit of the mask, strongest first → the agents' sub id. Source: winnt.h. */
type Rights = readonly (readonly [mask: number, subId: number])[];
const fileRights: Rights = [
  [0x00010000, 103], // DELETE
  [0x000c0000, 104], // WRITE_DAC, WRITE_OWNER
  [0x00000010, 112], // FILE_WRITE_EA
  [0x00000100, 110], // FILE_WRITE_ATTRIBUTES
  [0x00000006, 109], // FILE_WRITE_DATA, FILE_APPEND_DATA
];
const keyRights: Rights = [
  [0x00010000, 403], // DELETE
  [0x00000002, 402], // KEY_SET_VALUE
  [0x00000004, 401], // KEY_CREATE_SUB_KEY
  [0x00000001, 407], // KEY_QUERY_VALUE
];

function byRights(event: WindowsEvent, rights: Rights, fallback: number): number {
  const mask = Number(textOf(event, 'AccessMask') ?? 0);
  return rights.find(([bits]) => (mask & bits) !== 0)?.[1] ?? fallback;
}

const object: Sources = { ...subject, objectFilePath: text('ObjectName'), objectName: text('ObjectName') };
const key: Sources = { ...subject, objectRegistryKeyHandle: textVia('ObjectName', registryPath) };

/** A handle names its object only with an object type; only files and registry keys are what the agents watch. */
const neitherFileNorKey = 'handle of neither a file nor a registry key';
const ofFile = (subId: (event: WindowsEvent) => number): WindowsRule => ({
  eventClass: 'file-activity',
  subId: (event) => (textOf(event, 'ObjectType') === 'File' ? subId(event) : undefined),
  fields: object,
  otherwise: neitherFileNorKey,
});
const ofKey = (subId: (event: WindowsEvent) => number): WindowsRule => ({
  eventClass: 'registry-value-activity',
  subId: (event) => (textOf(event, 'ObjectType') === 'Key' ? subId(event) : undefined),
  fields: key,
  otherwise: neitherFileNorKey,
});

const sharePath: Source = (event) => {
  const root = textOf(event, 'ShareLocalPath')?.replace(/^\\\?\?\\/, '');
  const path = textOf(event, 'RelativeTargetName');
  return root === undefined || path === undefined ? undefined : `${root}\\${path}`;
};

/**
 * The Security log's events by id; several rules stand for an event that depends on its object: the first that fits
 * decides. Source: Microsoft, "Security auditing" (the audit event reference), and the agents' sub ids. Events that
 * only read accounts (4797, 4798, 4799) or tokens have no equivalent: the agents report changes and sessions.
 */
export const securityEvents: Readonly<Record<number, readonly WindowsRule[]>> = {
  4624: [
    accountChange(505, {
      ...account,
      objectLoginOutMetaType: text('LogonType'),
      objectLoginOutSourceAddress: textVia('IpAddress', plainIp),
      objectLoginOutSessionId: text('TargetLogonId'),
    }),
  ],
  4625: [{ skip: 'log-on failed' }],
  4627: [{ skip: 'groups of a log-on' }],
  4634: [accountChange(506, logout)],
  4647: [accountChange(506, logout)],
  4648: [accountChange(503)],
  4656: [ofFile(() => 102), ofKey((event) => byRights(event, keyRights, 405))],
  4657: [
    {
      eventClass: 'registry-value-activity',
      subId: 402,
      fields: { ...key, objectRegistryValue: text('ObjectValueName'), objectRegistryData: text('NewValue') },
    },
  ],
  4658: [ofFile(() => 107), { skip: 'handle closed' }],
  4660: [{ skip: 'object deleted, not named' }],
  4663: [ofFile((event) => byRights(event, fileRights, 102)), ofKey((event) => byRights(event, keyRights, 405))],
  4670: [ofFile(() => 104), { skip: 'permissions changed of something that is no file' }],
  4672: [
    accountChange(505, {
      ...subject,
      objectUser: text('SubjectUserName'),
      objectUserDomain: text('SubjectDomainName'),
    }),
  ],
  4673: [{ skip: 'privileged service called' }],
  4674: [{ skip: 'privileged object used' }],
  4688: [
    {
      eventClass: 'process-activity',
      subId: 2,
      fields: {
        ...processNamed('process', { pid: 'ProcessId', image: 'ParentProcessName' }),
        ...subjectUser,
        ...processNamed('object', { pid: 'NewProcessId', image: 'NewProcessName' }),
        objectCmd: text('CommandLine'),
        objectUser: (event) => textOf(event, 'TargetUserName') ?? textOf(event, 'SubjectUserName'),
        objectUserDomain: (event) => textOf(event, 'TargetDomainName') ?? textOf(event, 'SubjectDomainName'),
        objectLaunchTime: time('@timestamp'),
        objectIntegrityLevel: integrityLevel('MandatoryLabel'),
      },
    },
  ],
  4689: [
    {
      eventClass: 'process-activity',
      subId: 3,
      fields: { ...subject, ...processNamed('object', { pid: 'ProcessId', image: 'ProcessName' }) },
    },
  ],
  4690: [{ skip: 'handle duplicated' }],
  4702: [{ skip: 'scheduled task updated' }],
  4703: [{ skip: 'rights of a token adjusted' }],
  4720: [accountChange(501)],
  4722: [accountChange(504)],
  4723: [accountChange(504)],
  4724: [accountChange(504)],
  4725: [accountChange(504)],
  4726: [accountChange(502)],
  4728: [accountChange(504, member)],
  4729: [accountChange(504, member)],
  4732: [accountChange(504, member)],
  4733: [accountChange(504, member)],
  4738: [accountChange(504)],
  4739: [{ skip: 'domain policy changed' }],
  4740: [accountChange(504)],
  4756: [accountChange(504, member)],
  4757: [accountChange(504, member)],
  4767: [accountChange(504)],
  4768: [{ skip: 'Kerberos ticket granted' }],
  4769: [{ skip: 'Kerberos service ticket granted' }],
  4781: [accountChange(504)],
  4797: [{ skip: 'account asked for a blank password' }],
  4798: [{ skip: 'groups of an account listed' }],
  4799: [{ skip: 'members of a group listed' }],
  4954: [{ skip: 'firewall policy changed' }],
  4957: [{ skip: 'firewall rule not applied' }],
  5140: [{ skip: 'share opened' }],
  5145: [
    {
      eventClass: 'file-activity',
      subId: (event) => (sharePath(event) === undefined ? undefined : byRights(event, fileRights, 102)),
      fields: {
        ...subjectUser,
        objectFilePath: sharePath,
        objectName: sharePath,
        objectFileIsRemoteAccess: always(true),
      },
      otherwise: 'share access without a path',
    },
  ],
  // A bind is what the agents call a listener that is about to be.
  5154: [{ eventClass: 'network-activity', subId: 202, fields: listening }],
  5156: [
    {
      eventClass: 'network-activity',
      subId: (event) => directions[textOf(event, 'Direction') ?? ''] ?? 201,
      fields: { ...local, dst: textVia('DestAddress', plainIp), dpt: number('DestPort') },
    },
  ],
  5158: [{ eventClass: 'network-activity', subId: 202, fields: listening }],
  5379: [{ skip: 'stored credentials read' }],
  5447: [{ skip: 'filter of the filtering platform changed' }],
};
