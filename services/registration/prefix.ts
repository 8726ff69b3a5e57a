import type { RoleName } from './role.ts';

/**
 * Where a custom source keeps its objects, in the three forms in which customers have it. Source: the Security Lake API
 * model 2018-05-10: a source's name has 1-64 characters of [\w-_:.], its version 1-32 of [A-Za-z0-9-._], and the
 * location that CreateCustomLogSource answers is s3://<bucket>/ext/<name>/[<version>/].
 */

const sourceName = /^(?!\.{1,2}$)[\w:.-]{1,64}$/;
const sourceVersion = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,32}$/;
const location = /^s3[an]?:\/\/([^/]*)\/(.*)$/s;

/** The key prefix `ext/<name>[/<version>]`, or the sentence that says why `given` isn't one. */
export type PrefixReading = { readonly prefix: string } | { readonly refusal: string };

const allowed = 'Send the name of the custom source, ext/<name>/[<version>/] or its s3:// location.';

/** Reads the prefix that a customer sent with `bucketName`. */
export function readPrefix(given: string, bucketName: string): PrefixReading {
  const [, bucket, path = given] = location.exec(given) ?? [];
  if (bucket !== undefined && bucket !== bucketName)
    return { refusal: 'prefix names another bucket than bucketName. Send the location in the bucket of bucketName.' };
  const parts = path.replace(/\/$/, '').split('/');
  if (parts.length === 1 && bucket === undefined) return ofSource(parts[0]!);
  const [root, name = '', version, ...rest] = parts;
  if (root !== 'ext' || rest.length > 0) return { refusal: `prefix is not the prefix of a custom source. ${allowed}` };
  return ofSource(name, version);
}

function ofSource(name: string, version?: string): PrefixReading {
  if (!sourceName.test(name) || name === 'ext')
    return { refusal: `prefix names no custom source: 1 to 64 letters, digits, _ - : or dots. ${allowed}` };
  if (version === undefined) return { prefix: `ext/${name}` };
  if (!sourceVersion.test(version))
    return { refusal: `prefix has no version of a custom source: 1 to 32 letters, digits, _ - or dots. ${allowed}` };
  return { prefix: `ext/${name}/${version}` };
}

/** The prefix that follows from the name of the role that Security Lake made for the custom source. */
export function prefixOfRole({ source }: RoleName): PrefixReading {
  return source !== undefined && sourceName.test(source)
    ? { prefix: `ext/${source}` }
    : { refusal: `prefix is missing and does not follow from the name of the role. ${allowed}` };
}
