import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';

const guide = readFileSync(join(repositoryRoot, 'docs/customer-guide.md'), 'utf8');
const commands = [...guide.matchAll(/^```bash\n(aws .*?)^```/gms)].map(([, text]) => text!.replaceAll('\\\n', ' '));
/** Options of the command line itself, and a command that is no operation of the API. */
const ofTheCommandLine = new Set(['query', 'output']);
const ownCommands = ['cloudformation deploy'];

interface Model {
  readonly operations: Readonly<Record<string, { readonly input: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, { readonly members?: object; readonly required?: readonly string[] }>>;
}

/** AWS's own description of a service, as the environment of the stand-in for S3 brings it. */
function modelOf(service: string): Model {
  const pattern = `moto-*/lib/python3*/site-packages/botocore/data/${service}/*/service-2.json.gz`;
  const file = globSync(pattern, { cwd: join(repositoryRoot, '.local/tools') })
    .sort()
    .at(-1);
  return JSON.parse(gunzipSync(readFileSync(join(repositoryRoot, '.local/tools', file!))).toString()) as Model;
}

const plain = (name: string) => name.replaceAll('-', '').toLowerCase();

it('the_guide_asks_aws_for_operations_and_members_that_there_are', () => {
  const asked = commands.map((command) => /^aws (\S+) (\S+)/.exec(command)!.slice(1, 3) as [string, string]);
  expect(asked.map((words) => words.join(' '))).toEqual(expect.arrayContaining(ownCommands));
  expect(asked.length).toBeGreaterThan(3);
  for (const [index, [service, operation]] of asked.entries()) {
    if (ownCommands.includes(`${service} ${operation}`)) continue;
    const model = modelOf(service);
    const found = Object.keys(model.operations).find((name) => name.toLowerCase() === plain(operation));
    expect({ service, operation, found }).toEqual({ service, operation, found: expect.any(String) });
    const { members = {}, required = [] } = model.shapes[model.operations[found!]!.input.shape]!;
    const options = [...commands[index]!.matchAll(/ --([a-z-]+)/g)].map(([, name]) => name!);
    const given = options.filter((name) => !ofTheCommandLine.has(name)).map(plain);
    expect(Object.keys(members).map(plain)).toEqual(expect.arrayContaining(given));
    expect(given).toEqual(expect.arrayContaining(required.map(plain)));
  }
});
