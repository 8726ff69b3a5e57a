import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensurePython, StackError } from '@tributary/local/tools.ts';
import { execa } from 'execa';

const folder = join(repositoryRoot, 'deploy/customer-role');
const template = join(folder, 'crawler-role.yaml');
const tools = join(repositoryRoot, '.local/tools');

const environment = await ensurePython(
  tools,
  'cfn-lint',
  readFileSync(join(folder, 'requirements.txt'), 'utf8'),
  () => {},
).catch((error: Error) => {
  if (error instanceof StackError) return undefined;
  throw error;
});
const lintIt = environment === undefined ? it.skip : it;
const lint = (file: string) =>
  execa(join(environment!, 'bin/cfn-lint'), ['--include-checks', 'I', '--', file], { reject: false, all: true });

lintIt.each([
  ['the_crawler_s_role', template],
  ['the_roles_of_our_pods', join(repositoryRoot, 'deploy/kubernetes/aws/roles.yaml')],
])(
  'cfn_lint_has_nothing_to_say_about_%s (skipped where pip can’t install cfn-lint)',
  async (_, file) => {
    const { exitCode, all } = await lint(file);
    expect({ exitCode, all }).toEqual({ exitCode: 0, all: '' });
  },
  120_000,
);

lintIt(
  'cfn_lint_finds_what_is_wrong_with_a_template',
  async () => {
    const broken = join(tmpdir(), `tributary-template-${process.pid}.yaml`);
    await writeFile(broken, readFileSync(template, 'utf8').replace('AssumeRolePolicyDocument', 'AssumeRolePolicy'));
    expect((await lint(broken)).exitCode).not.toBe(0);
  },
  120_000,
);
