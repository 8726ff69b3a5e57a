import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runOf, stagesOf } from './dockerfile.fixture.ts';
import { imageNames } from './images.ts';

const text = readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8');
const stages = stagesOf(text);
const last = stages.at(-1)!;

describe('the Dockerfile', () => {
  it('builds_on_nothing_that_may_change: every base is pinned by its digest', () => {
    const bases = stages.map(([from]) => from!.text.split(' ')[0]);
    expect(bases.length).toBeGreaterThan(1);
    for (const base of bases) expect(base).toMatch(/^[\w.\-/]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('runs_as_a_user_with_a_number_and_not_as_root: kubelet cannot know who a name is', () => {
    expect(runOf(text).user).toMatch(/^[1-9]\d+:[1-9]\d+$/);
    expect(last.filter(({ name }) => name === 'USER').length).toBe(1);
  });

  it('runs_no_command_in_the_image_itself_and_takes_only_the_bundle_and_Node_from_the_build', () => {
    const copied = last.filter(({ name }) => ['COPY', 'ADD', 'RUN', 'VOLUME'].includes(name)).map(({ text }) => text);
    expect(copied).toEqual(['--from=build /out/node /usr/local/bin/node', '--from=build /out/app /app']);
  });

  it('starts_Node_itself_so_that_it_gets_the_signals', () => {
    expect(runOf(text)).toMatchObject({ entrypoint: ['/usr/local/bin/node', '/app'], directory: '/app' });
  });

  it('says_what_the_image_is', () => {
    const labels = last.find(({ name }) => name === 'LABEL')!.text;
    for (const label of ['title', 'description', 'licenses', 'version', 'revision'])
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
  });

  it('leaves_out_of_the_build_what_belongs_to_one_machine', () => {
    const ignored = readFileSync(join(import.meta.dirname, '../../.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.local', '**/node_modules']));
  });
});

describe('the images of deploy/kubernetes', () => {
  const base = join(import.meta.dirname, '../kubernetes/base');
  interface Container {
    readonly image: string;
    readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  }
  const containers = readdirSync(base)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(join(base, name), 'utf8')))
    .flatMap((document): Container[] => document.toJS()?.spec?.template?.spec?.containers ?? []);

  it('are_those_that_this_recipe_makes', () => {
    expect(containers.map(({ image }) => image).sort()).toEqual(imageNames.map((name) => `tributary/${name}`).sort());
  });

  it('run_as_the_user_of_the_recipe', () => {
    for (const { securityContext } of containers)
      expect(`${securityContext.runAsUser}:${securityContext.runAsGroup}`).toBe(runOf(text).user);
  });
});
