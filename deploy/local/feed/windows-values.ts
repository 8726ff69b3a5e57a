import { createHash } from 'node:crypto';

/**
 * How Windows and Sysmon write values, and how the agents do. Every function answers undefined for a value that is
 * absent: Windows writes `-`, `(Empty)` or nothing.
 */

/** One event of a recording: the flat JSON object that a log shipper wrote. */
export type WindowsEvent = Readonly<Record<string, unknown>>;

/** The text of a field, or undefined where Windows had nothing to say. */
export function textOf(event: WindowsEvent, name: string): string | undefined {
  const value = event[name];
  if (value === undefined || value === null) return undefined;
  const text = String(value).trim();
  return text === '' || text === '-' ? undefined : text;
}

/** A process id or port: Sysmon writes it decimal, the Security log as hex. */
export function numberOf(event: WindowsEvent, name: string): number | undefined {
  const text = textOf(event, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** ms since the epoch of `2023-09-06 04:51:51.442` (Sysmon's UtcTime) or of an ISO 8601 time. */
export function timeOf(event: WindowsEvent, name: string): number | undefined {
  const text = textOf(event, name);
  if (text === undefined) return undefined;
  const time = Date.parse(text.includes('T') ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** One hash of `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`, lower case. All zeros mean that Sysmon could not compute it. */
export function hashOf(event: WindowsEvent, name: string, algorithm: 'MD5' | 'SHA1' | 'SHA256'): string | undefined {
  const part = textOf(event, name)
    ?.split(',')
    .find((hash) => hash.startsWith(`${algorithm}=`));
  const hex = part?.slice(algorithm.length + 1).toLowerCase();
  return hex === undefined || !/^[0-9a-f]+$/.test(hex) || /^0+$/.test(hex) ? undefined : hex;
}

/** The two halves of `NT AUTHORITY\SYSTEM`; a name without a domain has no domain. */
export function splitUser(user: string): { readonly domain?: string; readonly name: string } {
  const slash = user.indexOf('\\');
  return slash < 0 ? { name: user } : { domain: user.slice(0, slash), name: user.slice(slash + 1) };
}

/** The last part of a Windows path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1);
}

const registryRoots: readonly (readonly [prefix: string, short: string])[] = [
  ['\\REGISTRY\\MACHINE', 'HKLM'],
  ['\\REGISTRY\\USER', 'HKU'],
  ['HKEY_LOCAL_MACHINE', 'HKLM'],
  ['HKEY_USERS', 'HKU'],
  ['HKEY_CLASSES_ROOT', 'HKCR'],
  ['HKEY_CURRENT_USER', 'HKCU'],
];

/** A registry path as the agents write it: `HKLM\…`, `HKU\…`, `HKCR\…`. Application hives (`\REGISTRY\A\…`) have no short form. */
export function registryPath(path: string): string {
  for (const [prefix, short] of registryRoots) {
    const rest = path.slice(prefix.length);
    if (path.toUpperCase().startsWith(prefix) && (rest === '' || rest.startsWith('\\'))) return `${short}${rest}`;
  }
  return path;
}

/** Sysmon's TargetObject of a value event: the key, and behind the last backslash the value's name. */
export function splitRegistryValue(path: string): { readonly key: string; readonly value: string } {
  const slash = path.lastIndexOf('\\');
  return { key: path.slice(0, slash), value: path.slice(slash + 1) };
}

/** The numbers that Windows gives to the types of registry values (winnt.h, REG_SZ and following). */
export const registryTypes = { sz: 1, expandSz: 2, binary: 3, dword: 4, qword: 11 } as const;

/** Type and data of Sysmon's Details. Sysmon shows no bytes of binary data, so that has a type only. */
export function registryDetails(details: string): { readonly type: number; readonly data?: string } {
  const dword = /^DWORD \((0x[0-9a-fA-F]{8})\)$/.exec(details);
  if (dword) return { type: registryTypes.dword, data: dword[1]! };
  const qword = /^QWORD \((0x[0-9a-fA-F]{8})-0x([0-9a-fA-F]{8})\)$/.exec(details);
  if (qword) return { type: registryTypes.qword, data: `${qword[1]}${qword[2]}` };
  if (details === 'Binary Data') return { type: registryTypes.binary };
  if (details === '(Empty)') return { type: registryTypes.sz, data: '' };
  return { type: /%[^%]+%/.test(details) ? registryTypes.expandSz : registryTypes.sz, data: details };
}

/** An address as the agents write it: without the `::ffff:` of a mapped IPv4 address. */
export function plainIp(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The addresses of Sysmon's QueryResults (`type:  5 name;::ffff:1.2.3.4;`); records of another type are names. */
export function addressesOf(results: string): string[] {
  return results
    .split(';')
    .filter((part) => part !== '' && !part.startsWith('type:') && /^[0-9a-fA-F.:]+$/.test(part))
    .map(plainIp);
}

/** A hash of 64 bits as the signed decimal that the agents write for their hash ids. */
export function hashId(text: string): string {
  return createHash('sha256').update(text).digest().readBigInt64BE(0).toString();
}
