import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, lutimes, readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One file or symbolic link of a tree. */
export interface Entry {
  /** From the root, with slashes. */
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly bytes: number;
}

/** Every file and link below `root`, sorted by path; links are not followed. */
export async function entriesOf(root: string, under = ''): Promise<Entry[]> {
  const found: Entry[] = [];
  const items = await readdir(join(root, under), { withFileTypes: true });
  for (const item of items) {
    const path = under === '' ? item.name : `${under}/${item.name}`;
    if (item.isDirectory()) found.push(...(await entriesOf(root, path)));
    else {
      const { size } = await lstat(join(root, path));
      found.push({ path, kind: item.isSymbolicLink() ? 'link' : 'file', bytes: size });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Removes what `isLeftOut` names, then links that point at nothing and folders that hold nothing. */
export async function sweep(root: string, isLeftOut: (path: string) => boolean): Promise<void> {
  const remove = async (under: string) => {
    for (const item of await readdir(join(root, under), { withFileTypes: true })) {
      const path = under === '' ? item.name : `${under}/${item.name}`;
      if (isLeftOut(path)) await rm(join(root, path), { recursive: true, force: true });
      else if (item.isDirectory()) await remove(path);
    }
  };
  await remove('');
  for (const { path, kind } of await entriesOf(root))
    if (kind === 'link' && !existsSync(join(root, path))) await rm(join(root, path));
  await removeEmpty(root);
}

/** True when `directory` is gone, because nothing was in it. */
async function removeEmpty(directory: string): Promise<boolean> {
  const items = await readdir(directory, { withFileTypes: true });
  const gone = await Promise.all(items.map((item) => item.isDirectory() && removeEmpty(join(directory, item.name))));
  if (!gone.every(Boolean)) return false;
  await rmdir(directory);
  return true;
}

/** A time that says nothing, for files whose own would only say when they were copied. */
const timeless = new Date('2000-01-01T00:00:00Z');

/** Gives each file and folder the same time, and rights that don't depend on who made it: all may read, nobody may write. */
export async function settle(root: string): Promise<void> {
  const item = await lstat(root);
  if (item.isDirectory()) for (const name of await readdir(root)) await settle(join(root, name));
  if (!item.isSymbolicLink()) await chmod(root, item.isDirectory() ? 0o755 : item.mode & 0o100 ? 0o555 : 0o444);
  await lutimes(root, timeless, timeless);
}

/** SHA-256 over the paths, rights and contents of all that is below `root`: `sha256:` and 64 hex digits. */
export async function digestOf(root: string): Promise<string> {
  const whole = createHash('sha256');
  for (const { path, kind } of await entriesOf(root)) {
    const file = join(root, path);
    const content = kind === 'link' ? await readlink(file) : await readFile(file);
    const isExecutable = kind === 'file' && ((await lstat(file)).mode & 0o100) !== 0;
    const sha256 = createHash('sha256').update(content).digest('hex');
    whole.update(`${kind} ${isExecutable ? 'x' : '-'} ${sha256} ${path}\n`);
  }
  return `sha256:${whole.digest('hex')}`;
}
