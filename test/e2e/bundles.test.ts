import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bundle, makeBundle } from '@tributary/docker/bundle.ts';
import { sbomFile } from '@tributary/docker/cyclonedx.ts';
import { runOf } from '@tributary/docker/dockerfile.fixture.ts';
import { entriesOf } from '@tributary/docker/file-tree.ts';
import { type ImageName, imageNames } from '@tributary/docker/images.ts';
import { readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/replicas.ts';
import { execa } from 'execa';
import { parse } from 'yaml';
import { FaultRig } from '../fault/rig.ts';
import { bareRoot, canMakeBareRoot } from '../tools/bare-root.ts';

const scratch = await mkdtemp(join(tmpdir(), 'tributary-bundles-'));
const bundles = new Map<ImageName, Bundle>();
const bundleOf = (name: ImageName) => bundles.get(name)!;

beforeAll(async () => {
  for (const name of imageNames) bundles.set(name, await makeBundle(name, { out: scratch }));
}, 600_000);
afterAll(() => rm(scratch, { recursive: true, force: true }), 60_000);

interface Sbom {
  readonly components: readonly {
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  }[];
}

const sbomOf = async (name: ImageName) => readFile(join(bundleOf(name).directory, sbomFile), 'utf8');

/** What lies in a bundle, found by another way than the bill of materials was: by every package.json that names a package. */
async function packagesOnDisk(directory: string): Promise<string[]> {
  const files = (await entriesOf(directory)).filter(
    ({ path, kind }) => kind === 'file' && /\/package\.json$/.test(path),
  );
  const found = new Set<string>();
  for (const { path } of files) {
    const { name, version } = JSON.parse(await readFile(join(directory, path), 'utf8'));
    const isPackage = path.endsWith(`/node_modules/${name}/package.json`) || !path.includes('node_modules/');
    if (isPackage && version !== undefined) found.add(`pkg:npm/${name.replace('@', '%40')}@${version}`);
  }
  return [...found].sort();
}

describe('the bundle of an image', () => {
  it('is_the_same_when_it_is_made_again', async () => {
    const again = await makeBundle('consumer', { out: join(scratch, 'again') });
    expect(again.digest).toBe(bundleOf('consumer').digest);
  }, 120_000);

  it.each(imageNames)(
    'has_nothing_that_only_builds_tests_or_explains: %s',
    async (name) => {
      const paths = (await entriesOf(bundleOf(name).directory)).map(({ path }) => path);
      const unwanted =
        /\.(test|contract)\.ts$|\.map$|\.md$|\/\.bin\/|\/(jest|typescript|turbo|pnpm|@biomejs|@swc|@types)\//;
      expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
      const natives = paths.filter((path) => path.endsWith('.node'));
      expect(natives.filter((path) => !path.includes(`${process.platform}-${process.arch}`))).toEqual([]);
    },
    60_000,
  );

  it.each(imageNames)(
    'has_no_link_that_leads_nowhere_or_out_of_it: %s',
    async (name) => {
      const { directory } = bundleOf(name);
      const links = (await entriesOf(directory)).filter(({ kind }) => kind === 'link');
      const astray = links.filter(({ path }) => {
        const file = join(directory, path);
        return !existsSync(file) || relative(realpathSync(directory), realpathSync(file)).startsWith('..');
      });
      expect(links.length).toBeGreaterThan(0);
      expect(astray).toEqual([]);
    },
    60_000,
  );

  it.each(imageNames)(
    'has_a_bill_of_materials_that_CycloneDX_takes: %s',
    async (name) => {
      const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
      expect(await validator.validate(await sbomOf(name))).toBeNull();
      expect(await validator.validate((await sbomOf(name)).replace('"library"', '"unheard-of"'))).not.toBeNull();
    },
    60_000,
  );

  it.each(imageNames)(
    'has_each_package_in_its_bill_of_materials_and_no_other_in_it: %s',
    async (name) => {
      const { components } = JSON.parse(await sbomOf(name)) as Sbom;
      const listed = components.map(({ purl }) => purl).sort();
      expect(listed).toEqual(await packagesOnDisk(bundleOf(name).directory));
      const { ours, others } = bundleOf(name).packages;
      expect(listed.length).toBe(ours + others);
    },
    60_000,
  );

  it.each(imageNames)(
    'has_only_archives_that_the_lockfile_pins: %s',
    async (name) => {
      const lockfile = parse(await readFile(join(repositoryRoot, 'pnpm-lock.yaml'), 'utf8'));
      const pinned = new Map<string, string>();
      for (const [id, { resolution }] of Object.entries<{ resolution: { integrity: string } }>(lockfile.packages))
        pinned.set(`pkg:npm/${id.replace(/^@/, '%40')}`, resolution.integrity);
      const { components } = JSON.parse(await sbomOf(name)) as Sbom;
      for (const { purl, hashes } of components) {
        if (purl.startsWith('pkg:npm/%40tributary/')) continue;
        const [hash] = hashes ?? [];
        const integrity = `sha512-${Buffer.from(hash?.content ?? '', 'hex').toString('base64')}`;
        expect({ purl, integrity }).toEqual({ purl, integrity: pinned.get(purl) });
      }
    },
    60_000,
  );
});

const ifPossible = canMakeBareRoot() ? describe : describe.skip;
const image = runOf(await readFile(join(repositoryRoot, 'deploy/docker/Dockerfile'), 'utf8'));

ifPossible('a service with nothing but Node beside its bundle, read-only and not root (skipped where not root)', () => {
  const commandIn = (name: ImageName) => bareRoot(bundleOf(name).directory, join(scratch, `bare-${name}`));
  const run = async (name: ImageName, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { file, args: whole } = commandIn(name)(args, { ...image.env, ...env });
    return execa(file, whole, { reject: false, extendEnv: true });
  };
  let rig: FaultRig;
  beforeAll(async () => {
    const commands = new Map(serviceNames.map((name) => [name, commandIn(name)]));
    rig = new FaultRig({
      envOf: (name) => (name === 'registration' ? {} : { GROUP_ID: rig.groupOf(name as 'consumer' | 'flusher') }),
      commandOf: (name, env) => commands.get(name as 'consumer')!(image.entrypoint.slice(1), { ...env, ...image.env }),
    });
    await rig.start();
  }, 300_000);
  afterAll(() => rig?.stop(), 90_000);

  it('sees_nothing_else_and_can_write_nowhere', async () => {
    const look = `
      const { readdirSync, writeFileSync } = require('node:fs');
      const wrote = ['/', '/app/', '/app/services/', '/bin/', '/tmp/', '/dev/'].filter((folder) => {
        try { writeFileSync(folder + 'file', ''); return true; } catch { return false; }
      });
      console.log(JSON.stringify({ root: readdirSync('/').sort(), bin: readdirSync('/bin'), uid: process.getuid(), pid: process.pid, wrote }));`;
    const { stdout } = await run('consumer', ['-e', look]);
    expect(JSON.parse(stdout)).toEqual({
      ...{
        root: ['app', 'bin', 'dev', 'lib', 'lib64', 'proc'],
        bin: ['node'],
        uid: Number.parseInt(image.user, 10),
        pid: 1,
        wrote: [],
      },
    });
  }, 60_000);

  it('the_job_that_makes_the_topics_does_so_from_its_bundle', async () => {
    const env = { KAFKA_BROKERS: readEndpoints(rig.dir).kafka, CLUSTER_LAYOUT: 'local' };
    const { stdout, stderr, exitCode } = await run('operator', [...image.entrypoint.slice(1), 'topics', 'create'], env);
    expect({ stdout, stderr, exitCode }).toEqual({
      ...{ stdout: 'Every topic exists already, with the right partition count.', stderr: '', exitCode: 0 },
    });
  }, 60_000);

  it('events_go_through_all_three_into_the_lake_each_once', async () => {
    const customer = await rig.welcome();
    await customer.feed(60, 30);
    expect(await customer.settled(180_000)).toEqual([]);
    expect((await customer.look()).delivered).toBe(60);
    expect(rig.notices).toEqual([]);
  }, 300_000);

  it('the_page_of_the_interface_has_all_its_files', async () => {
    const { registration } = readEndpoints(rig.dir);
    const page = await fetch(`${registration}/docs/`);
    expect(page.status).toBe(200);
    const assets = [...(await page.text()).matchAll(/(?:src|href)="(\.?\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) {
      const asset = await fetch(new URL(path, `${registration}/docs/`));
      expect(asset.status).toBe(200);
      expect((await asset.bytes()).length).toBeGreaterThan(0);
    }
  }, 60_000);

  it('each_stops_when_it_is_told_to_and_is_ready_again_soon', async () => {
    const lines: string[] = [];
    for (const name of serviceNames) {
      const stoppedAt = performance.now();
      await rig.services.stopOne(name);
      const stopMs = performance.now() - stoppedAt;
      const startedAt = performance.now();
      await rig.services.startOne(name);
      const readyMs = performance.now() - startedAt;
      const { bytes, packages } = bundleOf(name);
      const size = `${(bytes / 1e6).toFixed(1)} MB, ${packages.ours} + ${packages.others} packages`;
      lines.push(`${name}: ${size}, stopped in ${stopMs.toFixed(0)} ms, ready in ${readyMs.toFixed(0)} ms`);
      expect(stopMs).toBeLessThan(25_000);
    }
    console.log(lines.join('\n'));
    expect(rig.notices).toEqual([]);
  }, 300_000);
});
