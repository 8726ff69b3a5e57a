const extension = '.parquet';
const nameLength = 32;

/** The 32 hex digits that name an object of ours, and the key before them; undefined for any other key. */
export function splitKey(key: string): { readonly folder: string; readonly name: string } | undefined {
  if (!key.endsWith(extension)) return undefined;
  const end = key.length - extension.length;
  const name = key.slice(end - nameLength, end);
  return /^[0-9a-f]{32}$/.test(name) ? { folder: key.slice(0, end - nameLength), name } : undefined;
}

/** The key of the object `name` in `folder`. */
export function joinKey(folder: string, name: string): string {
  return `${folder}${name}${extension}`;
}
