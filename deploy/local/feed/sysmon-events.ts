import {
  always,
  hashes,
  integrityLevel,
  number,
  processNamed,
  protocol,
  type Sources,
  text,
  textVia,
  time,
  user,
  type WindowsRule,
} from './windows-rule.ts';
import { addressesOf, plainIp, registryDetails, registryPath, splitRegistryValue, textOf } from './windows-values.ts';

/** The channel of Sysmon's events. */
export const sysmonChannel = 'Microsoft-Windows-Sysmon/Operational';

const subject: Sources = {
  ...processNamed('process', { pid: 'ProcessId', guid: 'ProcessGuid', image: 'Image' }),
  ...user('process', 'User'),
};
const source: Sources = {
  ...processNamed('process', { pid: 'SourceProcessId', guid: 'SourceProcessGUID', image: 'SourceImage' }),
  ...user('process', 'SourceUser'),
};
const target: Sources = {
  ...processNamed('object', { pid: 'TargetProcessId', guid: 'TargetProcessGUID', image: 'TargetImage' }),
  ...user('object', 'TargetUser'),
};
const file: Sources = {
  ...subject,
  objectFilePath: text('TargetFilename'),
  objectName: text('TargetFilename'),
  objectFileCreation: time('CreationUtcTime'),
  ...hashes('object', 'Hashes'),
};
const pipe: Sources = {
  ...subject,
  objectFilePath: textVia('PipeName', (name) => (name.startsWith('\\') ? `\\\\.\\pipe${name}` : name)),
  objectName: text('PipeName'),
};
const image: Sources = {
  objectFilePath: text('ImageLoaded'),
  objectName: text('ImageLoaded'),
  objectFileOriginalName: text('OriginalFileName'),
  objectSigner: textVia('Signature', (signer) => [signer]),
  objectSignerValid: textVia('SignatureStatus', (status) => [status === 'Valid']),
  ...hashes('object', 'Hashes'),
};
const registryKey: Sources = {
  ...subject,
  objectRegistryKeyHandle: textVia('TargetObject', registryPath),
};
const registryValue: Sources = {
  ...subject,
  objectRegistryKeyHandle: textVia('TargetObject', (path) => splitRegistryValue(registryPath(path)).key),
  objectRegistryValue: textVia('TargetObject', (path) => splitRegistryValue(path).value),
  objectRegistryData: textVia('Details', (details) => registryDetails(details).data),
  objectRegType: textVia('Details', (details) => registryDetails(details).type),
};

/** Sysmon's name of what happened to a registry key or value → the agents' sub id. */
const registryActions: Readonly<Record<string, number>> = {
  CreateKey: 401,
  SetValue: 402,
  DeleteKey: 403,
  DeleteValue: 403,
  RenameKey: 404,
  RenameValue: 404,
};

/**
 * Sysmon's events by id. Source: Sysmon's manifest (Sysinternals) and the agents' sub ids (TELEMETRY_… names). The
 * agents know no raw read of a disk, which goes as the opening of the device, and no thread started in another process,
 * which goes as a connection between processes.
 */
export const sysmonEvents: Readonly<Record<number, WindowsRule>> = {
  1: {
    eventClass: 'process-activity',
    subId: 2,
    fields: {
      ...processNamed('process', { pid: 'ParentProcessId', guid: 'ParentProcessGuid', image: 'ParentImage' }),
      ...user('process', 'ParentUser'),
      processCmd: text('ParentCommandLine'),
      ...processNamed('object', { pid: 'ProcessId', guid: 'ProcessGuid', image: 'Image' }),
      ...user('object', 'User'),
      ...hashes('object', 'Hashes'),
      objectCmd: text('CommandLine'),
      objectFileOriginalName: text('OriginalFileName'),
      objectLaunchTime: time('UtcTime'),
      objectSessionId: text('TerminalSessionId'),
      objectIntegrityLevel: integrityLevel('IntegrityLevel'),
    },
  },
  2: { eventClass: 'file-activity', subId: 108, fields: file },
  3: {
    eventClass: 'network-activity',
    subId: (event) => (textOf(event, 'Initiated') === 'true' ? 204 : 203),
    fields: {
      ...subject,
      src: textVia('SourceIp', plainIp),
      spt: number('SourcePort'),
      dst: textVia('DestinationIp', plainIp),
      dpt: number('DestinationPort'),
      hostName: text('DestinationHostname'),
      proto: protocol('Protocol'),
    },
  },
  4: { skip: 'Sysmon service state changed' },
  5: {
    eventClass: 'process-activity',
    subId: 3,
    fields: {
      ...processNamed('object', { pid: 'ProcessId', guid: 'ProcessGuid', image: 'Image' }),
      ...user('object', 'User'),
      ...subject,
    },
  },
  6: {
    eventClass: 'process-activity',
    subId: 8,
    fields: { ...image, processPid: always(4), processName: always('System') },
  },
  7: { eventClass: 'process-activity', subId: 4, fields: { ...subject, ...image } },
  8: {
    eventClass: 'process-activity',
    subId: 6,
    fields: {
      ...source,
      ...processNamed('process', { pid: 'SourceProcessId', guid: 'SourceProcessGuid', image: 'SourceImage' }),
      ...target,
      ...processNamed('object', { pid: 'TargetProcessId', guid: 'TargetProcessGuid', image: 'TargetImage' }),
    },
  },
  9: {
    eventClass: 'file-activity',
    subId: 102,
    fields: { ...subject, objectFilePath: text('Device'), objectName: text('Device') },
  },
  10: { eventClass: 'process-activity', subId: 1, fields: { ...source, ...target } },
  11: { eventClass: 'file-activity', subId: 101, fields: file },
  12: {
    eventClass: 'registry-value-activity',
    subId: (event) => registryActions[textOf(event, 'EventType') ?? ''],
    // A deleted value has a name, a key has none.
    fields: {
      ...registryKey,
      objectRegistryKeyHandle: (event) =>
        (textOf(event, 'EventType') === 'DeleteValue' ? registryValue : registryKey).objectRegistryKeyHandle?.(event),
      objectRegistryValue: (event) =>
        textOf(event, 'EventType') === 'DeleteValue' ? registryValue.objectRegistryValue?.(event) : undefined,
    },
    otherwise: 'unknown kind of registry change',
  },
  13: { eventClass: 'registry-value-activity', subId: 402, fields: registryValue },
  14: {
    eventClass: 'registry-value-activity',
    subId: 404,
    fields: { ...registryKey, objectRegistryValue: textVia('NewName', (path) => splitRegistryValue(path).value) },
  },
  15: { eventClass: 'file-activity', subId: 101, fields: { ...file, ...hashes('object', 'Hash') } },
  16: { skip: 'Sysmon configuration changed' },
  17: { eventClass: 'file-activity', subId: 101, fields: pipe },
  18: { eventClass: 'file-activity', subId: 102, fields: pipe },
  19: { skip: 'WMI filter registered' },
  20: { skip: 'WMI consumer registered' },
  21: { skip: 'WMI consumer bound to a filter' },
  22: {
    eventClass: 'dns-activity',
    subId: 301,
    fields: {
      ...subject,
      hostName: text('QueryName'),
      objectIps: textVia('QueryResults', (results) => {
        const addresses = addressesOf(results);
        return addresses.length > 0 ? addresses : undefined;
      }),
    },
  },
  23: { eventClass: 'file-activity', subId: 103, fields: file },
  24: { skip: 'clipboard changed' },
  25: { skip: 'process image tampered with' },
  26: { eventClass: 'file-activity', subId: 103, fields: file },
  27: { skip: 'executable file blocked before it was written' },
  28: { skip: 'file shredding blocked' },
  29: { eventClass: 'file-activity', subId: 101, fields: file },
  255: { skip: 'Sysmon error' },
};
