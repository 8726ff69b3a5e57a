import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** A package as it lies in a bundle. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** One of our own workspace, which no registry has. */
  readonly isOurs: boolean;
  /** Its package.json. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** What it can import, as `name@version`. */
  readonly needs: readonly string[];
}

/** How a package is named in a lockfile: `name@version`. */
export const idOf = ({ name, version }: Pick<InstalledPackage, 'name' | 'version'>) => `${name}@${version}`;

interface Place {
  readonly directory: string;
  /** The node_modules in which its imports are looked up. */
  readonly imports: string;
  readonly isOurs: boolean;
}

/** Every package that lies in the bundle `root`, once, sorted by name and version. */
export async function installedPackages(root: string): Promise<InstalledPackage[]> {
  const places = [...(await ownPlaces(root)), ...(await foreignPlaces(root))];
  const manifests = new Map<string, Record<string, unknown>>();
  for (const { directory } of places) manifests.set(await realpath(directory), await manifestOf(directory));
  const found = new Map<string, InstalledPackage>();
  for (const { directory, imports, isOurs } of places) {
    const manifest = manifests.get(await realpath(directory))!;
    const { name, version } = manifest as { name: string; version: string };
    const seen = found.get(`${name}@${version}`)?.needs ?? [];
    const needs = new Set(seen);
    for (const neighbour of await packageFolders(imports)) {
      const needed = manifests.get(await realpath(neighbour)) as { name: string; version: string } | undefined;
      if (needed !== undefined && needed.name !== name) needs.add(idOf(needed));
    }
    found.set(`${name}@${version}`, { name, version, isOurs, manifest, needs: [...needs].sort() });
  }
  return [...found.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

const manifestOf = async (directory: string) =>
  JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;

async function ownPlaces(root: string, under = ''): Promise<Place[]> {
  const places: Place[] = [];
  for (const item of await readdir(join(root, under), { withFileTypes: true })) {
    if (!item.isDirectory() || item.name === 'node_modules') continue;
    const directory = join(root, under, item.name);
    if (existsSync(join(directory, 'package.json')))
      places.push({ directory, imports: join(directory, 'node_modules'), isOurs: true });
    else places.push(...(await ownPlaces(root, join(under, item.name))));
  }
  return places;
}

/** pnpm keeps each package in `.pnpm/<id>/node_modules/<name>`, with links to what it needs beside it. */
async function foreignPlaces(root: string): Promise<Place[]> {
  const store = join(root, 'node_modules/.pnpm');
  const places: Place[] = [];
  for (const id of existsSync(store) ? await readdir(store) : []) {
    if (id === 'node_modules') continue;
    const imports = join(store, id, 'node_modules');
    for (const directory of await packageFolders(imports))
      if ((await realpath(directory)) === (await realIn(imports, directory)))
        places.push({ directory, imports, isOurs: false });
  }
  return places;
}

/** Where `directory` would really be if it weren't a link out of `folder`. */
const realIn = async (folder: string, directory: string) =>
  join(await realpath(folder), directory.slice(folder.length + 1));

async function packageFolders(nodeModules: string): Promise<string[]> {
  if (!existsSync(nodeModules)) return [];
  const names = (await readdir(nodeModules)).filter((name) => !name.startsWith('.'));
  const folders = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@') ? (await readdir(join(nodeModules, name))).map((part) => join(name, part)) : [name],
    ),
  );
  return folders.flat().map((name) => join(nodeModules, name));
}
