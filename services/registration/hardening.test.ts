import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { clientNetwork } from './fastify-limits.ts';
import { acme, goodBody, Rig, source, umbrella } from './rig.fixture.ts';
import { readRegistrationSettings } from './settings.ts';

let rig: Rig;
afterEach(() => rig.stop());
const start = async (...options: ConstructorParameters<typeof Rig>) => {
  rig = await new Rig(...options).start();
  return rig;
};
const tooMany = { status: 429, body: { type: 'urn:tributary:problem:too-many-requests' } };

describe('limits', () => {
  it('hold_back_one_key_until_its_minute_is_over_and_no_other', async () => {
    await start({ perKey: 2 });
    expect([(await rig.list()).status, (await rig.list()).status]).toEqual([200, 200]);
    const refused = await rig.list();
    expect(refused).toMatchObject(tooMany);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await rig.register()).toMatchObject(tooMany);
    expect(await rig.list('', umbrella)).toMatchObject({ status: 200 });
    const later = Date.now() + 60_001;
    rig.now = () => later;
    expect(await rig.list()).toMatchObject({ status: 200 });
  });

  it('of_a_key_are_not_used_up_by_who_only_knows_its_name', async () => {
    await start({ perKey: 1 });
    const authorization = `ApiKey ${rig.keys[acme]!.id}:wrong`;
    for (let times = 0; times < 3; times++)
      await rig.send('GET', '/api/registrations', undefined, { authorization, 'api-version': 'v1' });
    expect(await rig.list()).toMatchObject({ status: 200 });
  });

  it('hold_back_an_address_whatever_it_asks_for', async () => {
    await start({ perAddress: 3 });
    for (const url of ['/nothing', '/api/registrations', '/openapi.json']) await rig.send('GET', url, undefined, {});
    for (const url of ['/nothing', '/api/registrations']) {
      const refused = await rig.send('GET', url, undefined, {});
      expect(refused).toMatchObject(tooMany);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  const from = (address: string) => rig.send('GET', '/openapi.json', undefined, { 'x-forwarded-for': address });

  it('count_the_address_of_the_connection_whatever_a_client_says_and_tell_the_operator_once', async () => {
    await start({ perAddress: 2 });
    const answers = [await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.3')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(rig.logged.filter(({ message }) => message.includes('TRUSTED_PROXIES'))).toHaveLength(1);
    const lines = rig.logged.filter(({ message }) => message === 'answered');
    expect(lines.map(({ fields }) => (fields as { address: string }).address)).toEqual(Array(3).fill('127.0.0.1'));
  });

  it('tell_the_operator_also_where_another_proxy_is_trusted_than_the_one_that_speaks', async () => {
    await start({}, { trustedProxies: ['10.0.0.0/8'] });
    for (let times = 0; times < 2; times++) await from('192.0.2.1');
    expect(rig.logged.filter(({ message }) => message.includes('TRUSTED_PROXIES'))).toHaveLength(1);
  });

  it('count_the_address_that_a_trusted_proxy_says_and_no_other_that_stands_before_it', async () => {
    await start({ perAddress: 1 }, { trustedProxies: ['127.0.0.1'] });
    const answers = [await from('192.0.2.1'), await from('192.0.2.2'), await from('203.0.113.9, 192.0.2.2')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(rig.logged.filter(({ message }) => message.includes('TRUSTED_PROXIES'))).toEqual([]);
  });

  it('count_an_IPv6_network_as_one_client_which_has_more_addresses_than_anybody_can_count', async () => {
    await start({ perAddress: 1 }, { trustedProxies: ['127.0.0.1'] });
    const answers = [
      await from('2001:db8:0:1::1'),
      await from('2001:db8::1:abcd:0:0:1'),
      await from('2001:db8:0:2::1'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200]);
    expect(['::1', '2001:DB8::', '::ffff:192.0.2.1', '192.0.2.1'].map(clientNetwork)).toEqual([
      '0:0:0:0::/64',
      '2001:db8:0:0::/64',
      '::ffff:192.0.2.1',
      '192.0.2.1',
    ]);
  });

  it('let_one_account_try_out_so_many_destinations_and_every_other_as_many', async () => {
    await start({ probesPerAccount: 2 });
    expect(await rig.register()).toMatchObject({ status: 201 });
    expect(await rig.one('POST', '/probe')).toMatchObject({ status: 200 });
    const refused = await rig.one('POST', '/probe');
    expect(refused).toMatchObject(tooMany);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await rig.register({ ...source('dns'), eventClass: 'dns-activity' })).toMatchObject(tooMany);
    expect(rig.prober.asked).toHaveLength(2);
    expect(await rig.one('GET')).toMatchObject({ status: 200 });
    expect(await rig.register(source('theirs'), umbrella)).toMatchObject({ status: 201 });
  });

  it('refuse_nobody_while_they_cannot_be_counted', async () => {
    await start({ perAddress: 1, perKey: 1 });
    rig.requests.goAway();
    expect(await rig.send('GET', '/openapi.json', undefined, {})).toMatchObject({ status: 200 });
    expect(await rig.list()).toMatchObject({ status: 503 });
  });
});

describe('an answer', () => {
  it('carries_security_headers_and_is_kept_by_nobody', async () => {
    await start();
    for (const { headers } of [await rig.list(), await rig.register({ bucketName: 'x' }), await rig.one('GET', '/a/b')])
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'strict-transport-security': expect.stringContaining('max-age='),
        'cache-control': 'no-store',
        'x-frame-options': expect.any(String),
      });
  });

  it('has_a_request_id_of_its_own_and_never_that_of_the_client', async () => {
    await start();
    const ids = new Set<unknown>();
    for (const path of ['/api/registrations', '/nothing', '/api/registrations/%zz', '/openapi.json'])
      ids.add(
        (await rig.send('GET', path, undefined, { ...rig.headers(), 'x-request-id': 'mine' })).headers['x-request-id'],
      );
    expect(ids.size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('repeats_no_header_path_or_body_of_a_wrong_request', async () => {
    await start();
    const mark = 'mark-of-an-attacker';
    const headers = (more: Record<string, string>) => ({ ...rig.headers(), ...more });
    const answers = [
      await rig.send('GET', `/${mark}`, undefined, {}),
      await rig.send('GET', `/api/registrations/${mark}`),
      await rig.send('GET', `/api/registrations?cursor=${mark}&limit=${mark}`),
      await rig.send('POST', '/api/registrations', `{"${mark}"`),
      await rig.send('POST', '/api/registrations', `{"prefix": ${mark}}`),
      await rig.register({ bucketName: mark }),
      await rig.register({ roleARN: mark }),
      await rig.register({ prefix: mark.toUpperCase() }),
      await rig.register({ prefix: `s3://${mark}/ext/x/` }),
      await rig.register({ eventClass: mark }),
      await rig.send('GET', '/api/registrations', undefined, headers({ 'api-version': mark })),
      await rig.send('GET', '/api/registrations', undefined, headers({ authorization: `ApiKey ${mark}:${mark}` })),
      await rig.send('GET', '/api/registrations', undefined, headers({ authorization: mark })),
      await rig.send('DELETE', '/api/registrations/file-activity', undefined, headers({ 'if-match': mark })),
      await rig.send(
        'DELETE',
        '/api/registrations/file-activity',
        undefined,
        headers({ 'idempotency-key': `${mark}/` }),
      ),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify([answer.body, answer.headers]).toLowerCase()).not.toContain(mark);
    }
  });

  it('says_nothing_of_the_inside_when_something_breaks', async () => {
    await start();
    rig.onStep = () => {
      throw new Error('password hunter2 in /some/file.ts');
    };
    const answer = await rig.list();
    expect(answer).toMatchObject({ status: 500, body: { type: 'urn:tributary:problem:internal-error' } });
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|file\.ts/);
  });
});

describe('the access log', () => {
  it('has_one_line_a_request_with_whose_it_was_and_how_it_ended_and_no_secret', async () => {
    await start();
    const { id, secret } = rig.keys[acme]!;
    const answer = await rig.register();
    await rig.register({ bucketName: 'x' });
    await rig.send('GET', '/api/registrations', undefined, { authorization: `ApiKey ${id}:wrong-secret` });
    const lines = rig.logged.filter(({ message }) => message === 'answered').map(({ fields }) => fields);
    expect(lines).toMatchObject([
      {
        requestId: answer.headers['x-request-id'],
        ...{
          method: 'POST',
          route: '/api/registrations',
          status: 201,
          account: acme,
          apiKey: id,
          address: '127.0.0.1',
        },
      },
      { status: 400, account: acme },
      { status: 401 },
    ]);
    expect(lines[2]).toMatchObject({ account: undefined, apiKey: undefined });
    const everything = JSON.stringify(rig.logged);
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain('wrong-secret');
    expect(everything).not.toContain(goodBody.roleARN);
  });
});

describe('a connection', () => {
  const talk = async (...lines: string[]): Promise<string> => {
    await rig.server.listen({ port: 0, host: '127.0.0.1' });
    const { port, address } = rig.server.addresses()[0] as AddressInfo;
    const socket = connect(port, address);
    socket.end(`${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    await once(socket, 'close');
    return text;
  };

  it.each([
    ['GARBAGE', [], 400, 'malformed-request'],
    ['GET / HTTP/1.1', ['host: x', `x: ${'y'.repeat(20_000)}`], 431, 'headers-too-large'],
    ['GET / HTTP/1.1', ['host: x', 'transfer-encoding: chunked', 'content-length: 3'], 400, 'malformed-request'],
  ] as const)('that_says_%s_gets_a_problem_and_is_closed', async (first, headers, status, code) => {
    await start();
    const text = await talk(first, ...headers);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain('content-type: application/problem+json');
    expect(text).toContain(`urn:tributary:problem:${code}`);
  });
});

describe('the settings of the listener', () => {
  const env = { KAFKA_BROKERS: 'localhost:9092', REDIS_URL: 'redis://localhost:6379', HOME_REGION: 'us-1' };

  it('take_certificate_and_key_together', async () => {
    await start();
    const files = { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' };
    expect(readRegistrationSettings({ ...env, ...files })).toMatchObject(files);
    expect(() => readRegistrationSettings({ ...env, TLS_CERT_FILE: 'cert.pem' })).toThrow('belong together');
    expect(readRegistrationSettings({ ...env, TRUSTED_PROXIES: '10.0.0.0/8,::1' })).toMatchObject({
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
    });
  });
});
