import { execFile, spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { acme, bucketName, goodBody, Rig, source } from './rig.fixture.ts';

const curlIt = spawnSync('curl', ['--version']).status === 0 ? it : it.skip;

let rig: Rig;
let base = '';
beforeEach(async () => {
  rig = await new Rig().start();
  await rig.server.listen({ port: 0, host: '127.0.0.1' });
  base = `http://127.0.0.1:${(rig.server.addresses()[0] as AddressInfo).port}/api/registrations`;
});
afterEach(() => rig.stop());

/** What curl answers: the body, where there is one, and the status behind it. */
async function curl(...options: readonly string[]) {
  const { id, secret } = rig.keys[acme]!;
  const key = options.some((option) => option.startsWith('Authorization')) ? '' : `ApiKey ${id}:${secret}`;
  const headers = ['-H', `Authorization: ${key}`, '-H', 'api-version: v1'];
  const all = ['-sS', '-w', '\n%{http_code}', ...(key === '' ? headers.slice(2) : headers), ...options];
  const { stdout } = await promisify(execFile)('curl', all);
  const [body = '', status] = stdout.split(/\n(?=\d{3}$)/);
  return { status: Number(status), body: body === '' ? undefined : JSON.parse(body) };
}
const json = ['-H', 'Content-Type: application/json'];

describe('curl (skipped where there is none)', () => {
  curlIt('sends_the_published_example_in_each_of_its_spellings', async () => {
    const { prefix: _, roleARN, ...rest } = { ...goodBody, ...source('tributary-file') };
    const example = JSON.stringify({ ...rest, roleArn: roleARN });
    const first = await curl(...json, '-d', example, `${base}/`);
    expect(first).toMatchObject({ status: 201, body: { prefix: 'ext/tributary-file', roleARN, state: 'active' } });
    const { id, secret } = rig.keys[acme]!;
    for (const scheme of ['ApiKey', 'APIKey'])
      for (const url of [base, `${base}/`]) {
        const again = ['-H', `Authorization: ${scheme} ${id}:${secret}`, ...json, '-d', example, url];
        expect(await curl(...again)).toMatchObject({ status: 200 });
      }
    for (const prefix of ['tributary-file', 'ext/tributary-file/', `s3://${bucketName}/ext/tributary-file/`]) {
      const body = JSON.stringify({ ...rest, prefix, roleARN });
      expect(await curl(...json, '-d', body, base)).toMatchObject({ status: 200, body: first.body });
    }
    expect(await curl(base)).toMatchObject({ status: 200, body: { registrations: [first.body] } });
  });

  // curl says application/x-www-form-urlencoded of whatever is sent with -d: the body of the page was answered 415.
  curlIt.each([
    [[]],
    [['-d', '{"eventClass": "file-activity"}']],
    [['-H', 'Content-Type:', '-d', '{"eventClass": "file-activity"}']],
    [[...json, '-d', '{"eventClass": "file-activity"}']],
  ])('ends_with_the_body_of_the_published_page_and_without_it: %j', async (options) => {
    await rig.register();
    const contradicting = await curl('-X', 'DELETE', '-d', '{"eventClass": "dns-activity"}', `${base}/file-activity`);
    expect(contradicting).toMatchObject({ status: 400, body: { type: 'urn:tributary:problem:contradicting-body' } });
    expect(await curl('-X', 'DELETE', ...options, `${base}/file-activity`)).toEqual({ status: 204, body: undefined });
    expect(await curl('-X', 'DELETE', ...options, `${base}/file-activity/`)).toMatchObject({ status: 404 });
  });

  curlIt('is_told_what_is_missing_where_it_sends_a_form', async () => {
    const answer = await curl('-d', JSON.stringify(goodBody), base);
    expect(answer).toMatchObject({ status: 415, body: { type: 'urn:tributary:problem:wrong-content-type' } });
    const form = await curl('-X', 'DELETE', '-d', 'eventClass=file-activity', `${base}/file-activity`);
    expect(form).toMatchObject({ status: 415 });
  });
});
