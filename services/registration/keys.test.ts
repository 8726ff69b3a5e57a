import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@tributary/schemas/kafka/audit.ts';
import { auditTopic, registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { auditLine } from './audit.ts';
import { useGrainMs } from './key-use.ts';
import { createApiKey, listApiKeys, type NewApiKey, revokeApiKey, rotateApiKey, stateOfKey } from './keys.ts';
import { acme, goodBody, Rig, source, umbrella, until } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const get = (key: Pick<NewApiKey, 'id' | 'secret'>) =>
  rig.send('GET', '/api/registrations', undefined, {
    authorization: `ApiKey ${key.id}:${key.secret}`,
    'api-version': 'v1',
  });
const forbidden = (code = 'forbidden') => ({ status: 403, body: { type: `urn:tributary:problem:${code}` } });

async function audited(account = acme): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  await rig.stream.read({
    topic: auditTopic,
    partition: 0,
    from: 0,
    onRecord: ({ key, value }) => {
      if (key?.toString() === account) found.push(JSON.parse(String(value)) as AuditRecord);
    },
  });
  return found;
}

describe('an API key', () => {
  it('that_may_only_read_changes_nothing', async () => {
    await rig.register();
    rig.keys = { ...rig.keys, [acme]: await rig.newKey(acme, ['read']) };
    expect(await rig.list()).toMatchObject({ status: 200 });
    expect(await rig.one('GET')).toMatchObject({ status: 200 });
    expect(await rig.one('GET', '/deliveries')).toMatchObject({ status: 200 });
    const refused = forbidden('insufficient-scope');
    // A probe changes nothing of ours, but assumes the customer's role and asks the bucket to be written to.
    expect(await rig.one('POST', '/probe')).toMatchObject(refused);
    expect(rig.prober.asked).toHaveLength(1);
    expect(await rig.register({ eventClass: 'dns-activity', ...source('x') })).toMatchObject(refused);
    expect(await rig.send('POST', '/api/registrations?dryRun=true', goodBody)).toMatchObject(refused);
    expect(await rig.one('PUT', '', { body: goodBody })).toMatchObject(refused);
    expect(await rig.one('POST', '/pause')).toMatchObject(refused);
    expect(await rig.one('POST', '/resume')).toMatchObject(refused);
    expect(await rig.end()).toMatchObject(refused);
    rig.keys = { ...rig.keys, [acme]: await rig.newKey(acme, ['write']) };
    expect(await rig.list()).toMatchObject(forbidden('insufficient-scope'));
  });

  it('is_rotated_with_an_overlap_in_which_both_are_valid', async () => {
    const old = await rig.newKey(acme, ['read']);
    const key = await rotateApiKey(old.id, rig.keyMaking, 60_000);
    expect(await get(old)).toMatchObject({ status: 200 });
    expect(await get(key)).toMatchObject({ status: 200 });
    expect(await rig.store.apiKey(key.id)).toMatchObject({ account: acme, scopes: ['read'] });
    const later = Date.now() + 60_001;
    rig.now = () => later;
    expect(await get(old)).toMatchObject(forbidden());
    expect(await get(key)).toMatchObject({ status: 200 });
  });

  it('is_rotated_once_and_not_after_it_was_revoked', async () => {
    const old = await rig.newKey(acme);
    const key = await rotateApiKey(old.id, rig.keyMaking);
    await expect(rotateApiKey(old.id, rig.keyMaking)).rejects.toThrow(key.id);
    await revokeApiKey(key.id, rig.keyMaking);
    await expect(rotateApiKey(key.id, rig.keyMaking)).rejects.toThrow('was revoked');
    await expect(rotateApiKey('nobody', rig.keyMaking)).rejects.toThrow('There is no API key nobody');
    await expect(createApiKey('12', rig.keyMaking)).rejects.toThrow('12 digits');
  });

  it('can_be_revoked_in_the_overlap', async () => {
    const old = await rig.newKey(acme);
    await rotateApiKey(old.id, rig.keyMaking);
    await revokeApiKey(old.id, rig.keyMaking);
    expect(await get(old)).toMatchObject(forbidden());
  });

  // Two people at two command lines: one had read the key before the other revoked it, and wrote it after.
  it('stays_revoked_when_it_is_rotated_at_the_same_time_also_in_a_compacted_journal', async () => {
    const old = await rig.newKey(acme);
    const before = await rig.store.apiKey(old.id);
    await revokeApiKey(old.id, rig.keyMaking);
    const stale = { ...rig.keyMaking, patienceMs: 0, store: { apiKey: async () => before } };
    await rotateApiKey(old.id, stale);
    await rig.applier.caughtUp();
    expect(await get(old)).toMatchObject(forbidden());
    rig.broker.compact(registrationsTopic);
    rig.store.wipe();
    await until(() => rig.store.readAll());
    await rig.ready();
    expect(await get(old)).toMatchObject(forbidden());
    expect(stateOfKey((await listApiKeys(acme, rig.stream)).find(({ id }) => id === old.id)!, Date.now())).toBe(
      'revoked',
    );
  });

  it('is_listed_with_its_state_but_without_its_secret_for_its_own_account_only', async () => {
    const old = await rig.newKey(acme, ['read']);
    await rotateApiKey(old.id, rig.keyMaking, 60_000);
    const keys = await listApiKeys(acme, rig.stream);
    expect(keys.map(({ account }) => account)).toEqual([acme, acme, acme]);
    const listed = keys.find(({ id }) => id === old.id)!;
    expect(stateOfKey(listed, Date.now())).toMatch(/^ends /);
    expect(stateOfKey(listed, Date.now() + 60_001)).toBe('ended');
    expect(JSON.stringify(keys)).not.toContain(old.secret);
  });

  it('shows_when_it_was_last_used_to_the_minute_written_once_a_minute', async () => {
    const { id } = rig.keys[acme]!;
    const at = Math.ceil(Date.now() / useGrainMs) * useGrainMs;
    let written = 0;
    const keyUsed = rig.requests.keyUsed.bind(rig.requests);
    rig.requests.keyUsed = async (...use) => {
      written += 1;
      await keyUsed(...use);
    };
    rig.now = () => at + 59_999;
    for (let times = 0; times < 3; times++) await rig.list();
    expect(await rig.requests.keyUses([id])).toEqual(new Map([[id, new Date(at).toISOString()]]));
    expect(written).toBe(1);
    rig.now = () => at + 60_000;
    await rig.list();
    expect(written).toBe(2);
  });

  it('is_not_used_by_who_only_knows_its_name', async () => {
    const { id } = rig.keys[acme]!;
    await get({ id, secret: 'wrong' });
    expect(await rig.requests.keyUses([id])).toEqual(new Map());
  });
});

describe('the audit log', () => {
  it('says_who_changed_what_from_what_to_what_in_which_request', async () => {
    const actor = { kind: 'api-key', id: rig.keys[acme]!.id };
    const answers = [
      await rig.register(),
      await rig.one('PUT', '', { body: { ...goodBody, ...source('moved') } }),
      await rig.one('POST', '/pause'),
      await rig.one('POST', '/resume'),
      await rig.end(),
    ];
    const [made, ...changes] = await audited();
    expect(made).toMatchObject({ action: 'key.create', actor: { kind: 'operator' }, subject: `apikey/${actor.id}` });
    const subject = `${acme}/file-activity`;
    expect(changes).toMatchObject([
      { action: 'registration.start', after: { state: 'active', generation: 1 } },
      { action: 'registration.move', before: { generation: 1 }, after: { destination: { prefix: 'ext/moved' } } },
      { action: 'registration.pause', before: { state: 'active' }, after: { state: 'paused' } },
      { action: 'registration.resume', before: { state: 'paused' }, after: { state: 'active' } },
      { action: 'registration.end', before: { state: 'active' }, after: { state: 'ended' } },
    ]);
    for (const [index, change] of changes.entries())
      expect(change).toMatchObject({
        account: acme,
        actor,
        subject,
        requestId: answers[index]!.headers['x-request-id'],
      });
    expect(changes[0]).not.toHaveProperty('before');
    expect(auditLine(changes[1]!)).toMatch(
      /^\S+ {2}API key \w+ {2}registration\.move {2}123456789012\/file-activity {2}generation: 1 → 2, destination\.prefix: .* → ext\/moved/,
    );
    expect(await audited(umbrella)).toHaveLength(1);
  });

  it('says_nothing_of_what_changed_nothing', async () => {
    await rig.register();
    const before = await audited();
    await rig.register();
    await rig.register(source('other'));
    await rig.one('POST', '/resume');
    await rig.one('PUT', '?dryRun=true', { body: { ...goodBody, ...source('moved') } });
    expect(await audited()).toEqual(before);
  });

  it('says_what_became_of_keys_and_never_a_hash', async () => {
    const key = await rig.newKey(acme, ['read']);
    const next = await rotateApiKey(key.id, rig.keyMaking);
    await revokeApiKey(key.id, rig.keyMaking);
    const changes = (await audited()).slice(1);
    expect(changes.map(({ action }) => action)).toEqual(['key.create', 'key.create', 'key.rotate', 'key.revoke']);
    expect(changes[2]).toMatchObject({ before: { id: key.id }, after: { replacedBy: next.id } });
    const kept = await rig.store.apiKey(key.id);
    expect(JSON.stringify(changes)).not.toContain(kept!.hash);
  });

  it('has_every_change_that_the_journal_has_also_of_a_process_that_dies_anywhere', async () => {
    for (const step of ['audit', 'journal', 'apply', 'answer']) {
      for (const phase of ['before', 'after'] as const) {
        const eventClass = 'dns-activity';
        rig.onStep = (event) => {
          if (event.step === step && event.phase === phase) throw new Error('killed');
        };
        await rig.register({ eventClass, ...source(`${step}-${phase}`) });
        rig.onStep = () => {};
        const kept = await until(async () => {
          await rig.ready();
          return { record: await rig.store.registration(`${acme}/${eventClass}`) };
        });
        const said = (await audited()).map(({ after }) => JSON.stringify(after));
        if (kept.record) expect(said).toContainEqual(expect.stringContaining(kept.record.destination.prefix));
        await rig.end(eventClass);
      }
    }
  });
});
