import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { sbomFile, sbomOf } from './cyclonedx.ts';
import { digestOf, entriesOf, settle, sweep } from './file-tree.ts';
import { type Image, type ImageName, images } from './images.ts';
import { installedPackages } from './installed-packages.ts';
import { isLeftOut } from './left-out.ts';

const here = resolve(import.meta.dirname, '../..');

/** How a bundle is made. */
export interface BundleOptions {
  /** The bundle becomes `<out>/<name>`; one that is there is replaced. */
  readonly out: string;
  /** The checkout that it is made of: by default the one that this file belongs to. */
  readonly from?: string;
}

/** A bundle that was made. */
export interface Bundle {
  readonly name: ImageName;
  readonly directory: string;
  readonly bytes: number;
  readonly files: number;
  readonly packages: { readonly ours: number; readonly others: number };
  /** Of everything in it, as `digestOf` has it: the same sources, lockfile and platform make the same. */
  readonly digest: string;
}

/**
 * Makes what goes into the image `name`: the sources of its workspace packages as they are, their production dependencies
 * for this machine's platform as the lockfile pins them, a bill of materials, and a package.json through which
 * `node <bundle>` starts it. Whole or not at all. Needs the repository to be installed, and the registry only for
 * packages that pnpm hasn't on this machine.
 */
export async function makeBundle(name: ImageName, { out, from = here }: BundleOptions): Promise<Bundle> {
  const image: Image = images[name];
  await mkdir(out, { recursive: true });
  const made = await mkdtemp(join(resolve(out), `.${name}-`));
  try {
    await install(image, from, made);
    const integrity = integrityOf(await readFile(join(made, 'pnpm-lock.yaml'), 'utf8'));
    const { version } = JSON.parse(await readFile(join(made, 'package.json'), 'utf8')) as { version: string };
    await sweep(made, isLeftOut);
    const manifest = { name: `tributary-${name}`, version, private: true, type: 'module', main: image.main };
    await writeFile(join(made, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    const packages = await installedPackages(made);
    await writeFile(join(made, sbomFile), sbomOf({ name, version, packages, integrity }));
    await settle(made);
    const directory = join(resolve(out), name);
    await rm(directory, { recursive: true, force: true });
    await rename(made, directory);
    const entries = await entriesOf(directory);
    const ours = packages.filter(({ isOurs }) => isOurs).length;
    return {
      name,
      directory,
      bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
      files: entries.length,
      packages: { ours, others: packages.length - ours },
      digest: await digestOf(directory),
    };
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function install({ workspace }: Image, from: string, into: string): Promise<void> {
  const bin = join(here, 'node_modules/.bin');
  const env = { PATH: [bin, process.env.PATH].join(delimiter), CI: 'true', TURBO_TELEMETRY_DISABLED: '1' };
  await execa(join(bin, 'turbo'), ['prune', workspace, '--out-dir', into, '--no-update-notifier'], { cwd: from, env });
  // Copied, not linked: what the bundle changes of a file (its time and rights) must not change pnpm's own.
  const args = ['install', '--prod', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts'];
  await execa(join(bin, 'pnpm'), [...args, '--package-import-method=copy'], { cwd: into, env });
  await chmod(into, 0o755);
}

/** The digests of the archives that a lockfile pins, by `name@version`. */
function integrityOf(lockfile: string): Map<string, string> {
  const { packages } = parse(lockfile) as { packages?: Record<string, { resolution: { integrity?: string } }> };
  const pinned = Object.entries(packages ?? {}).map(
    ([id, { resolution }]) => [id, resolution.integrity ?? ''] as const,
  );
  return new Map(pinned.filter(([, integrity]) => integrity !== ''));
}
