import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProbeOutcome } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import { type ProbeRefusal, probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import { problems } from '@tributary/schemas/rest/problems.ts';
import { acme, bucketName, goodBody, goodDestination, Rig, source } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const id = `${acme}/file-activity` as const;
const findings = Object.keys(probeRefusals) as ProbeRefusal[];
const sentence = 'This is wrong. That is the way out.';

describe('a probe', () => {
  it('is_asked_with_the_account_as_external_id_before_a_destination_is_accepted', async () => {
    expect(await rig.register()).toMatchObject({ status: 201 });
    expect(rig.prober.asked).toMatchObject([
      {
        roleARN: goodBody.roleARN,
        externalId: acme,
        bucket: bucketName,
        prefix: goodDestination.prefix,
        region: 'us-east-1',
      },
    ]);
    await rig.register();
    expect(rig.prober.asked).toHaveLength(1);
  });

  it.each(findings)('that_finds_%s_is_a_problem_and_saves_nothing', async (fault) => {
    const version = await rig.store.version();
    rig.prober.outcome = { ok: false, fault, sentence };
    const { problem, member } = probeRefusals[fault];
    const { status } = problems[problem];
    expect(status).toBe(fault === 'probe-written' ? 500 : 422);
    const body = { type: `urn:tributary:problem:${problem}`, detail: sentence, pointer: `#/${member}` };
    const expected = { status, body };
    const answer = await rig.register();
    expect(answer).toMatchObject(expected);
    expect(await rig.store.version()).toBe(version);
    rig.prober.outcome = { ok: true };
    const before = await rig.register();
    rig.prober.outcome = { ok: false, fault, sentence };
    expect(await rig.one('PUT', '', { body: { ...goodBody, ...source('moved') } })).toMatchObject(expected);
    expect((await rig.one('GET')).body).toEqual(before.body);
  });

  it.each(['lake-unavailable', 'lake-throttled'] as const)('that_meets_%s_is_503_and_never_422', async (code) => {
    rig.prober.outcome = new Fault(code);
    const answer = await rig.register();
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:tributary:problem:unavailable' } });
    expect(answer.headers['retry-after']).toBe('30');
    expect(await rig.store.registration(id)).toBeUndefined();
  });

  it('is_not_made_of_what_is_refused_anyway', async () => {
    await rig.register();
    await rig.register(source('other'));
    await rig.register({ eventClass: 'dns-activity' });
    await rig.register({ bucketName: 'somewhere' });
    expect(rig.prober.asked).toHaveLength(1);
  });

  it('can_be_asked_for_at_any_time', async () => {
    expect(await rig.one('POST', '/probe')).toMatchObject({ status: 404 });
    await rig.register();
    expect(await rig.one('POST', '/probe')).toMatchObject({ status: 200, body: { ok: true } });
    rig.prober.outcome = { ok: false, fault: 'put-refused', sentence };
    const found = { status: 422, body: { type: 'urn:tributary:problem:put-refused', detail: sentence } };
    expect(await rig.one('POST', '/probe')).toMatchObject(found);
    expect(await rig.one('GET')).toMatchObject({ body: { state: 'active' } });
  });

  it('that_takes_longer_than_all_its_tries_may_is_given_up_and_says_nothing_against_the_destination', async () => {
    await rig.stop();
    rig = await new Rig({}, {}, 20).start();
    rig.prober.probe = ({ signal }) =>
      new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    expect(await rig.register()).toMatchObject({ status: 503, body: { type: 'urn:tributary:problem:unavailable' } });
    expect(await rig.store.registration(id)).toBeUndefined();
  });

  it('keeps_nobody_waiting_for_a_lock_while_aws_takes_its_time', async () => {
    await rig.register();
    const answer = Promise.withResolvers<ProbeOutcome>();
    rig.prober.probe = () => answer.promise;
    const moving = rig.one('PUT', '', { body: { ...goodBody, ...source('moved') } });
    expect(await rig.one('POST', '/pause')).toMatchObject({ status: 200 });
    answer.resolve({ ok: true, retries: 0, retriedForMs: 0 });
    expect(await moving).toMatchObject({ status: 200, body: { state: 'paused', prefix: 'ext/moved' } });
  });
});

describe('a dry run', () => {
  const dry = (body: object) => rig.send('POST', '/api/registrations/?dryRun=true', { ...goodBody, ...body });

  it('says_what_would_be_and_changes_nothing', async () => {
    const version = await rig.store.version();
    const would = { dryRun: true, changes: true, registration: { prefix: goodDestination.prefix, state: 'active' } };
    expect(await dry({})).toMatchObject({ status: 200, body: would });
    expect(await rig.store.version()).toBe(version);
    expect(rig.prober.asked).toHaveLength(1);
    await rig.register();
    expect(await dry({})).toMatchObject({ status: 200, body: { ...would, changes: false } });
    expect(await dry(source('other'))).toMatchObject({ status: 409 });
    const moved = await rig.one('PUT', '?dryRun=true', { body: { ...goodBody, ...source('moved') } });
    expect(moved).toMatchObject({ status: 200, body: { changes: true, registration: { prefix: 'ext/moved' } } });
    expect(await rig.store.registration(id)).toMatchObject({ generation: 1, destination: goodDestination });
  });

  it('finds_what_the_request_itself_would_find', async () => {
    rig.prober.outcome = { ok: false, fault: 'role-not-assumable', sentence };
    expect(await dry({})).toMatchObject({ status: 422 });
    expect(await dry({ bucketName: 'somewhere' })).toMatchObject({ status: 400 });
    const odd = await rig.send('POST', '/api/registrations/?dryRun=yes', goodBody);
    expect(odd).toMatchObject({ status: 400, body: { type: 'urn:tributary:problem:invalid-query' } });
  });
});
