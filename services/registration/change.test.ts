import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { createMirror } from '@tributary/subscriptions';
import { acme, goodBody, goodDestination, Rig, source, umbrella } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const id = `${acme}/file-activity` as const;
const problem = (status: number, code: string, more: object = {}) => ({
  status,
  body: expect.objectContaining({ type: `urn:tributary:problem:${code}`, ...more }),
});
const { eventClass: _, ...goodMove } = { ...goodBody, ...source('moved') };

describe('a registration by its name', () => {
  it('is_shown_with_its_etag_and_is_404_before_and_after', async () => {
    expect(await rig.one('GET')).toMatchObject(problem(404, 'not-registered'));
    const made = await rig.register();
    expect(made.headers.location).toBe('/api/registrations/file-activity');
    const shown = await rig.one('GET');
    expect(shown).toMatchObject({ status: 200, body: made.body });
    expect(shown.headers.etag).toBe(made.headers.etag);
    await rig.end();
    expect(await rig.one('GET')).toMatchObject(problem(404, 'not-registered'));
    expect(await rig.send('GET', '/api/registrations/web-activity')).toMatchObject(problem(404, 'not-registered'));
  });

  it('shows_how_it_fares_where_that_is_known', async () => {
    await rig.register();
    expect((await rig.one('GET')).body).not.toHaveProperty('status');
    rig.statuses.known.set(id, {
      health: 'failing',
      deliveredThrough: 1_000,
      lastDeliveredAt: 2_000,
      today: { rows: 3, bytes: 4 },
      rejected: { count: 5, last: [{ fault: 'invalid-event-time', at: 6_000 }] },
      lastError: { fault: 'put-refused', since: 7_000, nextTry: 8_000 },
    });
    const expected = {
      state: 'failing',
      status: {
        deliveredThrough: '1970-01-01T00:00:01.000Z',
        lastDeliveredAt: '1970-01-01T00:00:02.000Z',
        today: { rows: 3, bytes: 4 },
        rejected: { count: 5, last: [{ fault: 'invalid-event-time', at: '1970-01-01T00:00:06.000Z' }] },
        lastError: {
          fault: 'put-refused',
          sentence: expect.stringContaining('403'),
          since: '1970-01-01T00:00:07.000Z',
          nextTry: '1970-01-01T00:00:08.000Z',
        },
      },
    };
    expect((await rig.one('GET')).body).toMatchObject(expected);
    expect((await rig.list()).body.registrations[0]).toMatchObject(expected);
    await rig.one('POST', '/pause');
    expect((await rig.one('GET')).body).toMatchObject({ ...expected, state: 'paused' });
  });

  it('is_shown_without_a_status_while_nobody_knows_it', async () => {
    await rig.register();
    rig.statuses.of = async () => {
      throw new Error('the receipts cannot be read');
    };
    expect(await rig.one('GET')).toMatchObject({ status: 200, body: { state: 'active' } });
  });
});

describe('a change of destination', () => {
  it('is_a_new_generation_and_keeps_the_destination_before', async () => {
    const before = await rig.register();
    const moved = await rig.one('PUT', '', { body: goodMove });
    expect(moved).toMatchObject({ status: 200, body: { prefix: 'ext/moved', state: 'active' } });
    expect(moved.headers.etag).not.toBe(before.headers.etag);
    expect(await rig.store.registration(id)).toMatchObject({
      generation: 2,
      destination: { prefix: 'ext/moved' },
      earlier: [{ generation: 1, state: 'superseded', destination: goodDestination }],
    });
  });

  it('to_the_same_destination_changes_nothing_and_asks_aws_nothing', async () => {
    const made = await rig.register();
    const again = await rig.one('PUT', '', { body: goodBody });
    expect(again).toMatchObject({ status: 200, body: made.body });
    expect(again.headers.etag).toBe(made.headers.etag);
    expect(rig.prober.asked).toHaveLength(1);
  });

  it('needs_a_registration_and_a_destination_that_nobody_else_has', async () => {
    expect(await rig.one('PUT', '', { body: goodMove })).toMatchObject(problem(404, 'not-registered'));
    await rig.register();
    await rig.register(source('moved'), umbrella);
    const taken = problem(409, 'destination-taken', { pointer: '#/prefix' });
    expect(await rig.one('PUT', '', { body: goodMove })).toMatchObject(taken);
    const contradicting = { body: { ...goodMove, eventClass: 'dns-activity' } };
    expect(await rig.one('PUT', '', contradicting)).toMatchObject(problem(400, 'contradicting-body'));
    expect(await rig.one('PUT', '', { body: {} })).toMatchObject(problem(400, 'invalid-member'));
    expect(await rig.store.registration(id)).toMatchObject({ generation: 1, destination: goodDestination });
  });

  it('gives_its_earlier_destination_free_and_may_go_into_its_own_folder', async () => {
    await rig.register(source('wide'));
    const narrow = { ...goodMove, ...source('wide'), prefix: 'ext/wide/1.0' };
    expect(await rig.one('PUT', '', { body: narrow })).toMatchObject({ status: 200 });
    await rig.one('PUT', '', { body: goodMove });
    expect(await rig.register(source('wide'), umbrella)).toMatchObject({ status: 201 });
  });

  it('of_a_paused_registration_leaves_it_paused', async () => {
    await rig.register();
    await rig.one('POST', '/pause');
    expect(await rig.one('PUT', '', { body: goodMove })).toMatchObject({ body: { state: 'paused' } });
    expect(await rig.store.registration(id)).toMatchObject({ generation: 2, earlier: [{ state: 'superseded' }] });
  });
});

describe('the prefixes of one bucket', () => {
  it.each([
    ['ext/wide', 'ext/wide/1.0'],
    ['ext/wide/1.0', 'ext/wide'],
  ])('%s_and_%s_cannot_both_be_registered', async (first, second) => {
    await rig.register({ ...source('wide'), prefix: first }, umbrella);
    const nested = await rig.register({ ...source('wide'), prefix: second });
    expect(nested).toMatchObject(problem(409, 'destination-nested', { pointer: '#/prefix' }));
    expect(JSON.stringify(nested.body)).not.toContain(umbrella);
    expect(await rig.store.registration(id)).toBeUndefined();
  });

  it('are_given_once_also_when_they_are_asked_for_at_the_same_time', async () => {
    const answers = await Promise.all([
      rig.register({ ...source('wide'), prefix: 'ext/wide' }),
      rig.register({ ...source('wide'), prefix: 'ext/wide/1.0' }, umbrella),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  // Each was decided before the other was in the journal, so each got its place: one in the other.
  it('are_given_once_also_when_a_failover_of_redis_has_lost_the_locks', async () => {
    rig.store.lock = async () => ({ release: async () => {} });
    const both = Promise.withResolvers<void>();
    let decided = 0;
    rig.onStep = ({ step, phase }) => {
      if (step !== 'audit' || phase !== 'before') return;
      decided += 1;
      if (decided === 2) both.resolve();
      return both.promise;
    };
    const ask = () =>
      Promise.all([
        rig.register({ ...source('wide'), prefix: 'ext/wide' }),
        rig.register({ ...source('wide'), prefix: 'ext/wide/1.0' }, umbrella),
      ]);
    expect((await ask()).map(({ status }) => status).sort()).toEqual([201, 503]);
    rig.onStep = () => {};
    await rig.ready();
    expect((await ask()).map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('may_be_two_versions_of_one_source', async () => {
    await rig.register({ ...source('wide'), prefix: 'ext/wide/1.0' });
    const other = { ...source('wide'), prefix: 'ext/wide/2.0', eventClass: 'dns-activity' };
    expect(await rig.register(other)).toMatchObject({ status: 201 });
  });
});

describe('a pause', () => {
  it('ends_the_collecting_and_keeps_destination_and_generation_until_it_is_resumed', async () => {
    await rig.register();
    const paused = await rig.one('POST', '/pause');
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect(await rig.one('POST', '/pause')).toMatchObject({ status: 200, body: paused.body });
    expect(await rig.register({}, umbrella)).toMatchObject(problem(409, 'destination-taken'));
    expect(await rig.register()).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect((await rig.list()).body.registrations).toMatchObject([{ state: 'paused' }]);
    expect(await rig.one('POST', '/resume')).toMatchObject({ status: 200, body: { state: 'active' } });
    expect(await rig.store.registration(id)).toMatchObject({ generation: 1, earlier: [] });
  });

  it('lets_a_mirror_route_nothing_more_and_still_tell_where_collected_rows_go', async () => {
    await rig.register();
    const journalEnd = async () => (await rig.store.version()) + 1;
    const mirror = createMirror({ store: rig.store, journalEnd, now: Date.now, checkEveryMs: 0 });
    await mirror.refresh();
    expect(mirror.find(acme, 'file-activity')).toMatchObject({ generation: 1 });
    await rig.one('POST', '/pause');
    await mirror.refresh();
    expect(mirror.find(acme, 'file-activity')).toBeUndefined();
    expect(mirror.byId(id)).toMatchObject({ state: 'paused', generation: 1, destination: goodDestination });
    await rig.one('POST', '/resume');
    await mirror.refresh();
    expect(mirror.find(acme, 'file-activity')).toMatchObject({ generation: 1 });
  });

  it('can_be_ended_and_is_404_where_nothing_is_registered', async () => {
    expect(await rig.one('POST', '/pause')).toMatchObject(problem(404, 'not-registered'));
    expect(await rig.one('POST', '/resume')).toMatchObject(problem(404, 'not-registered'));
    await rig.register();
    await rig.one('POST', '/pause');
    expect(await rig.end()).toMatchObject({ status: 204 });
    expect(await rig.one('POST', '/resume')).toMatchObject(problem(404, 'not-registered'));
  });
});

describe('If-Match', () => {
  it.each([
    ['PUT', '', { body: goodMove }],
    ['DELETE', '', {}],
    ['POST', '/pause', {}],
    ['POST', '/resume', {}],
  ] as const)('lets_%s_%s_change_only_the_version_that_was_read', async (method, rest, request) => {
    const { headers } = await rig.register();
    await rig.one('POST', '/pause');
    const stale = { ...request, headers: { 'if-match': String(headers.etag) } };
    expect(await rig.one(method, rest, stale)).toMatchObject(problem(412, 'changed-meanwhile'));
    const weak = { ...request, headers: { 'if-match': `W/${(await rig.one('GET')).headers.etag}` } };
    expect(await rig.one(method, rest, weak)).toMatchObject(problem(412, 'changed-meanwhile'));
    const odd = { ...request, headers: { 'if-match': 'what I read' } };
    expect(await rig.one(method, rest, odd)).toMatchObject(problem(400, 'invalid-header'));
    const current = { ...request, headers: { 'if-match': `"x", ${(await rig.one('GET')).headers.etag}` } };
    expect((await rig.one(method, rest, current)).status).toBeLessThan(300);
  });

  it('with_a_star_wants_any_version_but_one', async () => {
    const any = { headers: { 'if-match': '*' } };
    expect(await rig.one('DELETE', '', any)).toMatchObject(problem(404, 'not-registered'));
    await rig.register();
    expect(await rig.one('DELETE', '', any)).toMatchObject({ status: 204 });
  });

  it('lets_one_of_two_changes_of_the_same_version_through', async () => {
    const { headers } = await rig.register();
    const change = (name: string) =>
      rig.one('PUT', '', { body: { ...goodMove, ...source(name) }, headers: { 'if-match': String(headers.etag) } });
    const answers = await Promise.all([change('one'), change('two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });
});

describe('the deliveries', () => {
  const receipt = (row: number, more: Partial<Receipt> = {}): Receipt => ({
    outcome: 'delivered',
    registration: id,
    generation: 1,
    eventClass: 'file-activity',
    bucketName: goodBody.bucketName,
    objectKey: `ext/x/${row}.parquet`,
    rows: row,
    bytes: 10,
    sha256: 'ab'.repeat(32),
    handoffTopic: 'ocsf.file-activity',
    handoffPartition: 1,
    offsets: [row, row],
    times: [1_000, 2_000],
    writtenAt: 3_000,
    ...more,
  });

  it('come_newest_first_in_pages_that_lead_through_all', async () => {
    await rig.register();
    for (let row = 0; row < 5; row++) rig.deliveries.add(receipt(row));
    const rows: number[] = [];
    let query = '?limit=2';
    for (;;) {
      const { body } = await rig.one('GET', `/deliveries${query}`);
      rows.push(...body.deliveries.map((one: { rows: number }) => one.rows));
      if (body.next === undefined) break;
      query = `?limit=2&cursor=${body.next}`;
    }
    expect(rows).toEqual([4, 3, 2, 1, 0]);
  });

  it('say_what_became_of_each_object', async () => {
    await rig.register();
    rig.deliveries.add(receipt(7));
    rig.deliveries.add(receipt(8, { outcome: 'dropped', fault: 'registration-ended' }));
    const { body } = await rig.one('GET', '/deliveries');
    expect(body.deliveries).toEqual([
      expect.objectContaining({ outcome: 'dropped', fault: 'registration-ended', sentence: expect.any(String) }),
      {
        outcome: 'delivered',
        bucketName: goodBody.bucketName,
        key: 'ext/x/7.parquet',
        rows: 7,
        bytes: 10,
        sha256: 'ab'.repeat(32),
        from: '1970-01-01T00:00:01.000Z',
        to: '1970-01-01T00:00:02.000Z',
        offsets: { partition: 1, first: 7, last: 7 },
        at: '1970-01-01T00:00:03.000Z',
      },
    ]);
  });

  it('are_not_shown_in_part_while_they_are_still_being_read', async () => {
    await rig.register();
    rig.deliveries.add(receipt(7));
    rig.deliveries.areKnown = false;
    const answer = await rig.one('GET', '/deliveries');
    expect(answer).toMatchObject(problem(503, 'unavailable'));
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('want_a_registration_and_a_cursor_of_their_own', async () => {
    expect(await rig.one('GET', '/deliveries')).toMatchObject(problem(404, 'not-registered'));
    await rig.register();
    for (let row = 0; row < 3; row++) rig.deliveries.add(receipt(row));
    const { next } = (await rig.one('GET', '/deliveries?limit=1')).body;
    expect(await rig.list(`?cursor=${next}`)).toMatchObject(problem(400, 'invalid-query'));
    const forged = Buffer.from('deliveries/file-activity x').toString('base64url');
    for (const query of [`cursor=${forged}`, 'cursor=x', 'limit=0', 'limit=101'])
      expect(await rig.one('GET', `/deliveries?${query}`)).toMatchObject(problem(400, 'invalid-query'));
  });
});
