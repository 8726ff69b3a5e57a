import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openapi } from '@tributary/schemas/rest/openapi.ts';
import { promised, seen } from './contract.fixture.ts';
import { type Answer, acme, goodBody, Rig, source, umbrella } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

type Method = Parameters<Rig['send']>[0];
const moved = { ...goodBody, ...source('moved') };

/** A request of each operation that is answered well where `file-activity` is registered, or with `register` isn't. */
const operations: Readonly<Record<string, readonly [method: Method, path: string, body?: object]>> = {
  register: ['POST', '/api/registrations/', goodBody],
  listRegistrations: ['GET', '/api/registrations/'],
  getRegistration: ['GET', '/api/registrations/file-activity'],
  moveRegistration: ['PUT', '/api/registrations/file-activity', moved],
  endRegistration: ['DELETE', '/api/registrations/file-activity'],
  pauseRegistration: ['POST', '/api/registrations/file-activity/pause'],
  resumeRegistration: ['POST', '/api/registrations/file-activity/resume'],
  probeRegistration: ['POST', '/api/registrations/file-activity/probe'],
  listDeliveries: ['GET', '/api/registrations/file-activity/deliveries'],
};

async function send(operation: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  const [method, path, usual] = operations[operation]!;
  return rig.send(method, path, body ?? usual, { ...rig.headers(), ...headers });
}

/** How each status comes about. */
const provoke: Readonly<Record<string, (operation: string) => Promise<Answer>>> = {
  '200': (operation) => send(operation),
  '201': (operation) => send(operation),
  '204': (operation) => send(operation),
  '400': (operation) => send(operation, { 'api-version': 'v0' }),
  '401': (operation) => send(operation, { authorization: 'Basic x' }),
  async '403'(operation) {
    const write = /^(list|get)/.test(operation);
    rig.keys = { ...rig.keys, [acme]: await rig.newKey(acme, [write ? 'write' : 'read']) };
    return send(operation);
  },
  async '404'(operation) {
    await rig.end();
    return send(operation);
  },
  async '409'(operation) {
    await rig.register(source('moved'), umbrella);
    return send(operation, {}, moved);
  },
  '412': (operation) => send(operation, { 'if-match': '"another"' }),
  '413': (operation) => send(operation, {}, 'x'.repeat(17_000)),
  '415': (operation) => send(operation, { 'content-type': 'text/plain' }, 'hello'),
  async '422'(operation) {
    const key = { 'idempotency-key': 'used' };
    await rig.send(
      'POST',
      '/api/registrations',
      { ...moved, eventClass: 'dns-activity' },
      { ...rig.headers(), ...key },
    );
    rig.prober.outcome = { ok: false, fault: 'bucket-missing', sentence: 'No.' };
    return send(operation, key);
  },
  async '429'(operation) {
    await rig.stop();
    rig = await new Rig({ perKey: 0 }).start();
    return send(operation);
  },
  async '500'(operation) {
    rig.onStep = () => {
      throw new Error('unforeseen');
    };
    return send(operation);
  },
  async '503'(operation) {
    rig.store.goAway();
    return send(operation);
  },
};

describe('the OpenAPI document', () => {
  it('has_an_operation_for_each_route_and_a_route_for_each_operation', () => {
    const documented = Object.values(openapi.paths).flatMap((item) => Object.values(item as object));
    expect(documented.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(operations).sort());
  });

  // Each answer is held against the document by the rig itself.
  it.each(promised)('promises_%s_and_it_comes', async (promise) => {
    const [operation, status] = promise.split(' ') as [string, string];
    if (promise !== 'register 201') await rig.register();
    const answer = await provoke[status]!(operation);
    expect(answer.status).toBe(Number(status));
    if (Number(status) >= 400) expect(answer.body).toMatchObject({ status: Number(status) });
  });

  afterAll(() => {
    expect(promised.filter((promise) => !seen.has(promise))).toEqual([]);
  });
});

describe('two accounts with a key each', () => {
  /** What one account can read and find out, in every way there is. */
  const everything = async (account: string) => ({
    list: await rig.list('', account),
    shown: await rig.one('GET', '', { account }),
    deliveries: await rig.one('GET', '/deliveries', { account }),
    probe: await rig.one('POST', '/probe', { account }),
    pause: await rig.one('POST', '/pause', { account }),
    resume: await rig.one('POST', '/resume', { account }),
    end: await rig.one('DELETE', '', { account }),
    move: await rig.one('PUT', '', { account, body: { ...moved, ...source('nobody-has') } }),
    dry: await rig.send(
      'POST',
      '/api/registrations?dryRun=true',
      { ...goodBody, ...source('nobody-has') },
      rig.headers(account),
    ),
  });
  const told = (answers: Record<string, Answer>) =>
    Object.entries(answers).map(([name, { status, body }]) => {
      const text = JSON.stringify(body ?? null).replaceAll(/"(at|created|lastModified)":"[^"]*"/g, '"$1":""');
      return [name, status, text];
    });

  it('cannot_tell_from_any_answer_whether_the_other_has_registrations', async () => {
    const before = told(await everything(umbrella));
    await rig.register();
    rig.deliveries.add({
      outcome: 'delivered',
      registration: `${acme}/file-activity`,
      generation: 1,
      eventClass: 'file-activity',
      rows: 1,
      bytes: 1,
      handoffTopic: 'ocsf.file-activity',
      handoffPartition: 0,
      offsets: [0, 0],
      times: [0, 0],
      writtenAt: 0,
    });
    expect(told(await everything(umbrella))).toEqual(before);
    expect(JSON.stringify(await everything(umbrella))).not.toContain(acme);
  });

  // A customer who guessed the bucket of another was answered 409 where it was registered and 422 where it wasn't: before
  // AWS had been asked whether the bucket is that customer's at all.
  it('cannot_tell_whether_a_place_is_registered_that_they_may_not_write_to', async () => {
    const tries = async () => {
      const answers: Answer[] = [];
      for (const { prefix, roleARN } of [goodBody, { ...goodBody, prefix: 'ext/tributary-file' }]) {
        const body = { ...goodBody, prefix, roleARN };
        answers.push(await rig.register(body, umbrella));
        answers.push(await rig.send('POST', '/api/registrations?dryRun=true', body, rig.headers(umbrella)));
        const { eventClass: _, ...move } = body;
        answers.push(await rig.send('PUT', '/api/registrations/dns-activity', move, rig.headers(umbrella)));
      }
      return answers.map(({ status, body }) => ({ status, body }));
    };
    await rig.register({ ...source('dns'), eventClass: 'dns-activity' }, umbrella);
    rig.prober.outcome = { ok: false, fault: 'put-refused', sentence: 'No.' };
    const before = await tries();
    rig.prober.outcome = { ok: true };
    expect(await rig.register()).toMatchObject({ status: 201 });
    rig.prober.outcome = { ok: false, fault: 'put-refused', sentence: 'No.' };
    const asked = rig.prober.asked.length;
    expect(await tries()).toEqual(before);
    expect(before.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422]);
    expect(rig.prober.asked.length - asked).toBe(6);
  });

  it('are_told_that_a_place_is_taken_once_they_have_shown_that_it_is_theirs', async () => {
    await rig.register();
    const taken = { status: 409, body: { type: 'urn:tributary:problem:destination-taken' } };
    expect(await rig.register({}, umbrella)).toMatchObject(taken);
    const dry = await rig.send('POST', '/api/registrations?dryRun=true', goodBody, rig.headers(umbrella));
    expect(dry).toMatchObject(taken);
    expect(rig.prober.asked.map(({ externalId }) => externalId)).toEqual([acme, umbrella, umbrella]);
  });

  it('change_nothing_of_each_other_whatever_they_send', async () => {
    const made = await rig.register();
    const record = await rig.store.registration(`${acme}/file-activity`);
    const ifMatch = { headers: { 'if-match': String(made.headers.etag), 'idempotency-key': 'k' } };
    await everything(umbrella);
    for (const [method, rest] of [
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
    ] as const)
      expect(await rig.one(method, rest, { account: umbrella, ...ifMatch })).toMatchObject({ status: 404 });
    expect(await rig.store.registration(`${acme}/file-activity`)).toEqual(record);
    expect(await rig.one('GET')).toMatchObject({ body: made.body });
  });

  it('share_no_cursor_no_answer_and_no_external_id', async () => {
    await rig.register();
    await rig.register({ eventClass: 'dns-activity', ...source('dns') });
    const { next } = (await rig.list('?limit=1')).body;
    expect(await rig.list(`?limit=1&cursor=${next}`, umbrella)).toMatchObject({
      status: 200,
      body: { registrations: [] },
    });
    await rig.register(source('theirs'), umbrella);
    expect(rig.prober.asked.map(({ externalId }) => externalId)).toEqual([acme, acme, umbrella]);
  });
});
