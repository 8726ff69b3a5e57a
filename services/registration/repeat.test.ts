import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ProbeOutcome } from '@tributary/lake';
import { acme, goodBody, Rig, source, umbrella } from './rig.fixture.ts';
import { longestProbeMs } from './steps/probe.ts';
import { rememberedMs } from './steps/repeat.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const id = `${acme}/file-activity` as const;
const key = { 'idempotency-key': 'one-try' };
const post = (changes: object = {}, account = acme) =>
  rig.send('POST', '/api/registrations', { ...goodBody, ...changes }, { ...rig.headers(account), ...key });

describe('an Idempotency-Key', () => {
  it('answers_a_repetition_as_before_though_the_world_has_changed', async () => {
    const first = await post();
    expect(first).toMatchObject({ status: 201 });
    await rig.end();
    const again = await post();
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.etag).toBe(first.headers.etag);
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await rig.store.registration(id)).toMatchObject({ state: 'ended' });
  });

  it('does_it_once_when_the_same_is_sent_many_times_at_once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => post()));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(await rig.store.registration(id)).toMatchObject({ generation: 1 });
    expect(rig.prober.asked).toHaveLength(1);
  });

  // The lock of a key ended after 30 s, and a probe may take longer: the repetition ran beside the first.
  it('holds_a_repetition_back_for_as_long_as_the_longest_probe_takes', async () => {
    let [later, step] = [0, 0];
    rig.now = () => {
      later += step;
      return Date.now() + later;
    };
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<ProbeOutcome>()];
    const probe = jest.spyOn(rig.prober, 'probe').mockImplementation(() => {
      asked.resolve();
      return answer.promise;
    });
    const first = post();
    await asked.promise;
    // The repetition's patience passes as quickly as it looks.
    [later, step] = [longestProbeMs(40), 250];
    expect(await post()).toMatchObject({ status: 503 });
    expect(probe).toHaveBeenCalledTimes(1);
    answer.resolve({ ok: true, retries: 0, retriedForMs: 0 });
    expect(await first).toMatchObject({ status: 201 });
    expect(await post()).toMatchObject({ status: 201, body: (await first).body });
    expect(probe).toHaveBeenCalledTimes(1);
  });

  it('that_was_used_for_another_request_is_refused', async () => {
    await post();
    const reused = { status: 422, body: { type: 'urn:tributary:problem:idempotency-key-reused' } };
    expect(await post(source('other'))).toMatchObject(reused);
    expect(await rig.one('DELETE', '', { headers: key })).toMatchObject(reused);
    expect(await rig.one('POST', '/pause', { headers: key })).toMatchObject(reused);
    expect(await rig.store.registration(id)).toMatchObject({ state: 'active', generation: 1 });
  });

  it('is_the_accounts_own', async () => {
    await post();
    expect(await post(source('other'), umbrella)).toMatchObject({ status: 201 });
  });

  it('is_forgotten_after_a_day', async () => {
    const now = Date.now();
    await post();
    rig.now = () => now + rememberedMs + 60_000;
    expect(await post(source('other'))).toMatchObject({ status: 409 });
  });

  it('may_be_sent_again_with_a_better_request_after_a_refusal', async () => {
    expect(await post({ bucketName: 'somewhere' })).toMatchObject({ status: 400 });
    rig.prober.outcome = { ok: false, fault: 'put-refused', sentence: 'No.' };
    expect(await post()).toMatchObject({ status: 422 });
    rig.prober.outcome = { ok: true };
    expect(await post()).toMatchObject({ status: 201 });
  });

  it('with_other_characters_is_refused', async () => {
    for (const odd of ['a b', 'x'.repeat(129), 'a/b']) {
      const answer = await rig.one('DELETE', '', { headers: { 'idempotency-key': odd } });
      expect(answer).toMatchObject({ status: 400, body: { type: 'urn:tributary:problem:invalid-header' } });
    }
  });

  it.each([
    ['PUT', '', { body: { ...goodBody, ...source('moved') } }, 200],
    ['POST', '/pause', {}, 200],
    ['POST', '/resume', {}, 200],
    ['DELETE', '', {}, 204],
  ] as const)('repeats_%s_%s', async (method, rest, request, status) => {
    await rig.register();
    const first = await rig.one(method, rest, { ...request, headers: key });
    await rig.end();
    const again = await rig.one(method, rest, { ...request, headers: key });
    expect([first.status, again.status]).toEqual([status, status]);
    expect(again.body).toEqual(first.body);
  });
});
