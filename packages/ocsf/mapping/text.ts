import { isIP } from 'node:net';

/**
 * The last part of a path: after a slash in a POSIX path, after a slash or backslash in any other. Undefined for a path
 * that ends with its separator.
 */
export function baseName(path: string): string | undefined {
  const name = path.slice(separatorOf(path) + 1);
  return name === '' ? undefined : name;
}

/** The path without its last part and separator; the root stays. Undefined when there is no separator. */
export function folderOf(path: string): string | undefined {
  const at = separatorOf(path);
  if (at < 0) return undefined;
  return path.slice(0, at) || path.slice(0, 1);
}

/** The name of a file without that of an alternate data stream, which NTFS writes behind a colon. */
export function withoutStream(name: string): string {
  const colon = name.indexOf(':');
  return colon > 0 ? name.slice(0, colon) : name;
}

/** The extension of a file name, without its dot. A name that begins with its only dot has none. */
export function extensionOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1) : undefined;
}

/** True when `text` has a path separator. */
export function isPath(text: string): boolean {
  return separatorOf(text) >= 0;
}

function separatorOf(path: string): number {
  const slash = path.lastIndexOf('/');
  return path.charCodeAt(0) === 47 ? slash : Math.max(slash, path.lastIndexOf('\\'));
}

/** True for an IPv4 or IPv6 address within the 40 characters of OCSF's `ip_t`. */
export function isAddress(text: string): boolean {
  return text.length <= 40 && isIP(text) !== 0;
}

/** 4 or 6. An IPv4 address in IPv6 form (RFC 4291) never is on a wire: the packets are IPv4. */
export function ipVersionOf(address: string): 4 | 6 | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 || /^::ffff:[0-9.]+$/i.test(address) ? 4 : 6;
}

/** True for an address that other hosts can use: not loopback, link-local or unspecified. */
export function isRoutable(address: string): boolean {
  return !/^(127\.|169\.254\.|0\.|[0:]*:[01]?$|fe[89ab][0-9a-f]:|::ffff:(127|169\.254|0)\.)/i.test(address);
}

/** The address by which others know the endpoint: its first routable one, else its first. */
export function mainAddress(addresses: readonly string[] | undefined): string | undefined {
  if (addresses === undefined) return undefined;
  const valid = addresses.filter(isAddress);
  return valid.find(isRoutable) ?? valid[0];
}

/** OCSF `mac_t`: six groups of two hex digits, between colons or hyphens. */
export function isMac(text: string): boolean {
  return /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i.test(text);
}

/**
 * A MAC address as OCSF writes it, from any form that says the same six bytes: also without separators, in three groups
 * with dots, or with the zeros left out that macOS leaves out. Undefined for anything else, such as eight groups.
 */
export function macOf(text: string): string | undefined {
  if (text.length > 17) return undefined;
  if (isMac(text)) return text;
  if (/^([0-9a-f]{12}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/i.test(text)) {
    return text.replaceAll('.', '').match(/../g)!.join(':');
  }
  if (!/^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(\1[0-9a-f]{1,2}){4}$/i.test(text)) return undefined;
  return text
    .split(/[:-]/)
    .map((group) => group.padStart(2, '0'))
    .join(':');
}

/** True for `digits` hex digits. */
export function isHex(text: string | undefined, digits: number): text is string {
  return text !== undefined && text.length === digits && /^[0-9a-f]+$/i.test(text);
}

/** Minutes east of UTC of a text such as `UTC-05:00`. */
export function offsetMinutes(timezone: string): number | undefined {
  const match = /^(?:UTC|GMT)\s*(?:([+-])(\d{1,2}):?(\d{2})?)?$/i.exec(timezone.trim());
  if (match === null) return undefined;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  if (minutes > 18 * 60) return undefined;
  return match[1] === '-' ? 0 - minutes : minutes;
}
