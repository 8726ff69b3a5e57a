import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensurePython, StackError } from '@tributary/local/tools.ts';
import { execa } from 'execa';
import { type RegistrationOnStack, registrationOnStack } from './registration-on-stack.ts';

const tools = join(repositoryRoot, '.local/tools');
const requirements = readFileSync(join(repositoryRoot, 'test/tools/schemathesis-requirements.txt'), 'utf8');
/** The tester goes on finding new requests until this long has passed. */
const seconds = 45;

const environment = await ensurePython(tools, 'schemathesis', requirements, () => {}).catch((error: Error) => {
  if (error instanceof StackError) return undefined;
  throw error;
});
const fuzzIt = environment === undefined ? it.skip : it;

let stack: RegistrationOnStack;
beforeAll(async () => {
  stack = await registrationOnStack(14);
}, 60_000);
afterAll(() => stack?.stop());

describe('the registration service under a tester of OpenAPI', () => {
  fuzzIt(
    'answers_whatever_is_sent_as_its_document_says (skipped where pip can’t install schemathesis)',
    async () => {
      const { id, secret, account } = await stack.newKey();
      const authorization = `ApiKey ${id}:${secret}`;
      const { body } = await stack.arrange({}, account);
      const headers = { authorization, 'api-version': 'v1', 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      // Something that can be shown, moved, paused and ended.
      expect((await fetch(`${stack.service.url}/api/registrations/`, request)).status).toBe(201);
      const scratch = await mkdtemp(join(tmpdir(), 'tributary-fuzz-'));
      const ran = await execa(
        join(environment!, 'bin/schemathesis'),
        [
          ...['run', `${stack.service.url}/openapi.json`, '--header', `Authorization: ${authorization}`],
          ...['--seed', '20260101', '--max-time', String(seconds), '--continue-on-failure', '--no-color'],
          // Bodies that fit the schema are refused all the same where they don't fit AWS or each other.
          ...['--exclude-checks', 'positive_data_acceptance', '--warnings', 'off'],
        ],
        { reject: false, all: true, env: { PYTHONDONTWRITEBYTECODE: '1' }, cwd: scratch, timeout: 170_000 },
      ).finally(() => rm(scratch, { recursive: true, force: true }));
      const [, generated = '0'] = /(\d+) generated/.exec(ran.all) ?? [];
      expect({ exitCode: ran.exitCode, output: ran.exitCode === 0 ? '' : ran.all }).toEqual({
        exitCode: 0,
        output: '',
      });
      expect(Number(generated)).toBeGreaterThan(500);
    },
    180_000,
  );
});
