import { type RequestOptions, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasOpenssl, makeIdentity } from '../tools/secured/identity.ts';
import { type RegistrationOnStack, registrationOnStack } from './registration-on-stack.ts';

const tlsIt = hasOpenssl ? it : it.skip;

describe('the registration service with a certificate (skipped where there is no openssl)', () => {
  let stack: RegistrationOnStack | undefined;
  let ca = '';
  beforeAll(async () => {
    const tls = await makeIdentity().catch(() => undefined);
    if (tls === undefined) return;
    ca = tls.cert;
    stack = await registrationOnStack(15, tls);
  }, 60_000);
  afterAll(() => stack?.stop());

  const ask = (options: RequestOptions) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${stack!.service.url}/api/registrations`, { ca, ...options }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject);
      asked.end();
    });

  tlsIt('speaks_tls_1_2_and_later_only', async () => {
    const { id, secret } = await stack!.newKey();
    const headers = { authorization: `ApiKey ${id}:${secret}`, 'api-version': 'v1' };
    expect(stack!.service.url).toMatch(/^https:/);
    expect(await ask({ headers })).toBe(200);
    expect(await ask({ headers, maxVersion: 'TLSv1.2' })).toBe(200);
    await expect(ask({ headers, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
    await expect(ask({ headers, ca: [] })).rejects.toThrow('self-signed');
  });

  tlsIt('answers_nobody_in_the_clear', async () => {
    const plain = stack!.service.url.replace('https:', 'http:');
    await expect(fetch(`${plain}/api/registrations`)).rejects.toThrow();
  });
});
