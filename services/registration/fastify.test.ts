import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { openapi } from '@tributary/schemas/rest/openapi.ts';
import { revokeApiKey } from './keys.ts';
import { acme, bucketName, goodBody, Rig, source, umbrella } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const problem = (status: number, code: string, more: object = {}) => ({
  status,
  body: expect.objectContaining({
    type: `urn:tributary:problem:${code}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    ...more,
  }),
});

describe('a registration', () => {
  it('is_201_then_200_then_listed_then_ended_204_then_404', async () => {
    const first = await rig.register();
    expect(first).toMatchObject({
      status: 201,
      body: { ...goodBody, prefix: 'ext/tributary-file/1.0', state: 'active' },
    });
    expect(await rig.register()).toMatchObject({ status: 200, body: first.body });
    expect(await rig.list()).toMatchObject({ status: 200, body: { registrations: [first.body] } });
    expect(await rig.end()).toMatchObject({ status: 204, body: undefined });
    expect(await rig.end()).toMatchObject(problem(404, 'not-registered'));
    expect(await rig.list()).toMatchObject({ body: { registrations: [] } });
  });

  it('starts_again_after_an_end_with_the_next_generation', async () => {
    await rig.register();
    await rig.end();
    expect(await rig.register(source('moved'))).toMatchObject({ status: 201 });
    const record = await rig.store.registration(`${acme}/file-activity`);
    expect(record).toMatchObject({ generation: 2, earlier: [{ generation: 1, state: 'ended' }] });
  });

  it('refuses_another_destination_for_a_registered_class', async () => {
    await rig.register();
    expect(await rig.register(source('other'))).toMatchObject(problem(409, 'already-registered'));
  });

  it('refuses_a_destination_that_another_class_or_another_account_has_and_does_not_say_who', async () => {
    await rig.register();
    const taken = problem(409, 'destination-taken', { pointer: '#/prefix' });
    expect(await rig.register({ eventClass: 'dns-activity' })).toMatchObject(taken);
    const other = await rig.register({}, umbrella);
    expect(other).toMatchObject(taken);
    expect(JSON.stringify(other.body)).not.toContain(acme);
    await rig.end();
    expect(await rig.register({}, umbrella)).toMatchObject({ status: 201 });
  });

  it('gives_one_destination_to_one_of_two_accounts_that_ask_at_the_same_time', async () => {
    const answers = await Promise.all([rig.register(), rig.register({}, umbrella)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('makes_one_generation_of_the_same_request_sent_many_times_at_once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => rig.register()));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await rig.store.registration(`${acme}/file-activity`)).toMatchObject({ generation: 1 });
  });

  it('takes_roleArn_for_roleARN_and_answers_roleARN', async () => {
    const { roleARN, ...rest } = goodBody;
    const answer = await rig.send('POST', '/api/registrations', { ...rest, roleArn: roleARN });
    expect(answer).toMatchObject({ status: 201, body: { roleARN } });
    expect(answer.body).not.toHaveProperty('roleArn');
  });

  it('takes_the_prefix_from_the_role_when_it_is_missing', async () => {
    const { prefix: _, ...rest } = goodBody;
    const answer = await rig.send('POST', '/api/registrations/', rest);
    expect(answer).toMatchObject({ status: 201, body: { prefix: 'ext/tributary-file' } });
  });

  it('is_the_same_registration_in_all_three_forms_of_the_prefix', async () => {
    await rig.register({ ...source('tributary'), prefix: 'tributary' });
    for (const prefix of ['ext/tributary', 'ext/tributary/', `s3://${bucketName}/ext/tributary/`])
      expect(await rig.register({ ...source('tributary'), prefix })).toMatchObject({
        status: 200,
        body: { prefix: 'ext/tributary' },
      });
  });

  it('is_deleted_with_the_body_of_the_published_page_too', async () => {
    await rig.register();
    const path = '/api/registrations/file-activity';
    const contradicting = await rig.send('DELETE', path, { eventClass: 'dns-activity' });
    expect(contradicting).toMatchObject(problem(400, 'contradicting-body', { pointer: '#/eventClass' }));
    expect(await rig.send('DELETE', path, { eventClass: 'web' })).toMatchObject(problem(400, 'invalid-member'));
    expect(await rig.send('DELETE', path, { everything: true })).toMatchObject(problem(400, 'invalid-member'));
    expect(await rig.send('DELETE', path, { eventClass: 'file-activity' })).toMatchObject({ status: 204 });
  });

  it('is_deleted_by_a_client_that_names_a_content_type_without_a_body_and_with_a_slash', async () => {
    await rig.register();
    const headers = { ...rig.headers(), 'content-type': 'application/json' };
    expect(await rig.send('DELETE', '/api/registrations/file-activity/', undefined, headers)).toMatchObject({
      status: 204,
    });
  });
});

describe('a list', () => {
  it('comes_in_pages_that_lead_through_all', async () => {
    for (const eventClass of eventClassNames) await rig.register({ eventClass, ...source(eventClass) });
    const seen: string[] = [];
    let query = '?limit=4';
    for (let page = 0; page < 2; page++) {
      const { body } = await rig.list(query);
      seen.push(...body.registrations.map((one: { eventClass: string }) => one.eventClass));
      query = `?limit=4&cursor=${body.next}`;
      expect(body.next === undefined).toBe(page === 1);
    }
    expect(seen).toEqual(eventClassNames);
  });

  it.each(['?limit=0', '?limit=101', '?limit=x', '?limit=1&limit=2', '?cursor=nonsense', '?cursor='])(
    'refuses_%s',
    async (query) => {
      expect(await rig.list(query)).toMatchObject(problem(400, 'invalid-query'));
    },
  );

  it('shows_no_registration_of_another_account_and_lets_none_be_ended', async () => {
    await rig.register();
    expect(await rig.list('', umbrella)).toMatchObject({ body: { registrations: [] } });
    expect(await rig.end('file-activity', umbrella)).toMatchObject(problem(404, 'not-registered'));
    expect((await rig.list()).body.registrations).toHaveLength(1);
  });
});

describe('an API key', () => {
  it.each([
    ['ApiKey', 200],
    ['APIKey', 200],
    ['apikey', 200],
    ['Bearer', 401],
  ])('with_the_scheme_%s_is_answered_%i', async (scheme, status) => {
    const { id, secret } = rig.keys[acme]!;
    const headers = { authorization: `${scheme} ${id}:${secret}`, 'api-version': 'v1' };
    expect(await rig.send('GET', '/api/registrations', undefined, headers)).toMatchObject({ status });
  });

  it('is_refused_when_it_is_missing_malformed_unknown_or_of_another_secret', async () => {
    const { id, secret } = rig.keys[acme]!;
    const other = rig.keys[umbrella]!;
    const wrong = ['', 'ApiKey', `ApiKey ${id}`, `ApiKey ${id}:`, `ApiKey nobody:${secret}`];
    for (const authorization of [...wrong, `ApiKey ${id}:${other.secret}`, `ApiKey ${id}:${secret}x`]) {
      const answer = await rig.send('GET', '/api/registrations', undefined, { authorization, 'api-version': 'v1' });
      expect(answer).toMatchObject(problem(401, 'unauthorized'));
      expect(answer.headers['www-authenticate']).toBe('ApiKey');
    }
  });

  it('is_forbidden_after_it_was_revoked', async () => {
    const publisher = rig.stream.publisher();
    await revokeApiKey(rig.keys[acme]!.id, { publisher, store: rig.store, now: Date.now });
    expect(await rig.list()).toMatchObject(problem(403, 'forbidden'));
    expect(await rig.list('', umbrella)).toMatchObject({ status: 200 });
  });

  it('leaves_nothing_but_a_hash_of_its_secret', async () => {
    const kept = JSON.stringify(await rig.store.apiKey(rig.keys[acme]!.id));
    expect(kept).not.toContain(rig.keys[acme]!.secret);
  });
});

describe('the HTTP of it', () => {
  it('wants_the_version_of_the_api', async () => {
    const { authorization } = rig.headers() as { authorization: string };
    for (const headers of [{ authorization }, { authorization, 'api-version': 'v2' }])
      expect(await rig.send('GET', '/api/registrations', undefined, headers)).toMatchObject(
        problem(400, 'wrong-api-version'),
      );
  });

  it('answers_problem_details_with_their_own_content_type', async () => {
    const answer = await rig.register({ bucketName: 'somewhere' });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it.each([
    ['POST', '/api/registrations', '{', 400, 'malformed-json'],
    ['POST', '/api/registrations', '[]', 400, 'malformed-json'],
    ['POST', '/api/registrations', 'null', 400, 'malformed-json'],
    ['POST', '/api/registrations', '{"__proto__":{"x":1}}', 400, 'malformed-json'],
    ['POST', '/api/registrations', undefined, 400, 'malformed-json'],
    ['PUT', '/api/registrations', undefined, 405, 'method-not-allowed'],
    ['POST', '/api/registrations/file-activity', undefined, 405, 'method-not-allowed'],
    ['DELETE', '/api/registrations', undefined, 405, 'method-not-allowed'],
    ['QUERY', '/api/registrations', undefined, 405, 'method-not-allowed'],
    ['PATCH', '/api/registrations/file-activity/pause', undefined, 405, 'method-not-allowed'],
    ['QUERY', '/nothing', undefined, 404, 'not-found'],
    ['DELETE', '/api/registrations/web-activity', undefined, 404, 'not-registered'],
    ['DELETE', '/api/registrations/..%2f..', undefined, 404, 'not-registered'],
    ['DELETE', '/api/registrations/%zz', undefined, 400, 'malformed-request'],
    ['GET', '/', undefined, 404, 'not-found'],
    ['GET', '/api/registrations/a/b', undefined, 404, 'not-found'],
  ] as const)('answers_%s_%s_%s_with_%i_%s', async (method, url, body, status, code) => {
    expect(await rig.send(method, url, body)).toMatchObject(problem(status, code));
  });

  it('refuses_a_body_of_more_than_16_KB', async () => {
    expect(await rig.register({ prefix: 'x'.repeat(17_000) })).toMatchObject(problem(413, 'body-too-large'));
  });

  it('wants_a_body_to_be_json_by_its_content_type', async () => {
    const headers = { ...rig.headers(), 'content-type': 'text/plain' };
    const answer = await rig.send('POST', '/api/registrations', goodBody, headers);
    expect(answer).toMatchObject(problem(415, 'wrong-content-type'));
  });

  it('serves_the_document_by_which_it_validates', async () => {
    const document = await rig.send('GET', '/openapi.json', undefined, {});
    expect(document.body).toEqual(JSON.parse(JSON.stringify(openapi)));
  });

  it('counts_requests_by_route_and_status', async () => {
    await rig.register();
    const page = await rig.metrics.page();
    expect(page).toContain('tributary_registration_requests_total{route="/api/registrations",status="201"} 1');
  });
});
