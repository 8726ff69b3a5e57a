import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { probeTable } from '@tributary/lake/probe.contract.ts';
import type { NewApiKey } from '@tributary/registration/keys.ts';
import { wrongRegistrations } from '@tributary/registration/wrong-registrations.fixture.ts';
import { probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import { problems } from '@tributary/schemas/rest/problems.ts';
import { type RegistrationOnStack, registrationOnStack } from './registration-on-stack.ts';

let stack: RegistrationOnStack;
beforeAll(async () => {
  stack = await registrationOnStack(13);
}, 60_000);
afterAll(() => stack?.stop());

async function post({ id, secret }: NewApiKey, body: unknown, query = '') {
  const headers = { authorization: `ApiKey ${id}:${secret}`, 'api-version': 'v1', 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${stack.service.url}/api/registrations/${query}`, request);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

// A role that trusts one other customer by name can only be found by who knows which.
const rows = probeTable.filter(([, setting]) => setting.otherExternalIds === undefined);

describe('a registration on the real stack', () => {
  it.each(rows)(
    '%s',
    async (_promise, setting, fault) => {
      const key = await stack.newKey();
      const { body, bucketName } = await stack.arrange(setting, key.account);
      const dry = await post(key, body, '?dryRun=true');
      const answer = await post(key, body);
      expect(await stack.stored(bucketName)).toEqual([]);
      const [kept] = await stack.store.registrationsOf(key.account);
      if (fault === undefined) {
        expect([dry.status, answer.status]).toEqual([200, 201]);
        expect(kept).toMatchObject({ state: 'active', generation: 1 });
        return;
      }
      const { problem, member, sentence } = probeRefusals[fault];
      const type = `urn:tributary:problem:${problem}`;
      const expected = { status: problems[problem].status, body: { type, pointer: `#/${member}` } };
      expect(answer).toMatchObject(expected);
      expect(dry).toMatchObject(expected);
      expect(String(answer.body.detail).startsWith(sentence)).toBe(true);
      expect(kept).toBeUndefined();
    },
    30_000,
  );

  it('takes_the_published_example_with_roleArn_and_without_prefix', async () => {
    const key = await stack.newKey();
    const { body } = await stack.arrange({}, key.account, '');
    const { roleARN, prefix, ...rest } = body;
    expect(await post(key, { ...rest, roleArn: roleARN })).toMatchObject({ status: 201, body: { roleARN, prefix } });
    for (const form of [prefix.slice('ext/'.length), `${prefix}/`, `s3://${rest.bucketName}/${prefix}/`])
      expect(await post(key, { ...body, prefix: form })).toMatchObject({ status: 200, body: { prefix } });
  }, 30_000);

  it('refuses_what_is_wrong_without_asking_and_saves_nothing', async () => {
    const key = await stack.newKey();
    for (const [what, body, code, , sentence] of wrongRegistrations) {
      const answer = await post(key, body);
      expect({ what, ...answer }).toMatchObject({ what, status: 400, body: { type: `urn:tributary:problem:${code}` } });
      expect(answer.body.detail).toMatch(sentence);
    }
    expect(await stack.store.registrationsOf(key.account)).toEqual([]);
  }, 30_000);
});
