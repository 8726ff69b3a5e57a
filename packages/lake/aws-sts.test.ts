import type { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from '@jest/globals';
import { assumedAtOnce, createRoleSessions, refusalMs, renewBeforeMs, sessionNameOf } from './aws-sts.ts';

const role = 'arn:aws:iam::111122223333:role/a';
const hour = 3_600_000;

/** STS whose answers the test writes; counts what it was asked. */
function scene() {
  const asked: AssumeRoleCommand['input'][] = [];
  const clock = { ms: 1_000_000 };
  const answer: { error?: unknown } = {};
  const send = async (command: AssumeRoleCommand) => {
    asked.push(command.input);
    await Promise.resolve();
    if (answer.error !== undefined) throw answer.error;
    const id = `${asked.length}`;
    const Credentials = {
      AccessKeyId: id,
      SecretAccessKey: id,
      SessionToken: id,
      Expiration: new Date(clock.ms + hour),
    };
    return { Credentials };
  };
  const sts = { send } as unknown as Pick<STSClient, 'send'>;
  return { asked, clock, answer, sessions: createRoleSessions({ sts, now: () => clock.ms, capacity: 3 }) };
}
const refused = Object.assign(new Error(), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
const away = Object.assign(new Error(), { code: 'ECONNRESET' });

describe('sessions of roles', () => {
  it('asks_once_for_many_at_once_with_the_external_id_and_a_name_that_names_the_account', async () => {
    const { sessions, asked } = scene();
    const all = await Promise.all(Array.from({ length: 64 }, () => sessions.session(role, '000000000001')));
    expect(new Set(all).size).toBe(1);
    expect(asked).toEqual([
      { RoleArn: role, ExternalId: '000000000001', RoleSessionName: 'tributary-000000000001', DurationSeconds: 3600 },
    ]);
  });

  it('never_shares_a_session_between_two_external_ids_of_one_role', async () => {
    const { sessions, asked } = scene();
    expect(await sessions.session(role, 'a1')).not.toBe(await sessions.session(role, 'a2'));
    expect(asked.map((input) => input.ExternalId)).toEqual(['a1', 'a2']);
  });

  it('renews_five_minutes_before_the_end_and_not_earlier', async () => {
    const { sessions, asked, clock } = scene();
    const first = await sessions.session(role, 'a1');
    clock.ms += hour - renewBeforeMs - 1;
    expect(await sessions.session(role, 'a1')).toBe(first);
    clock.ms += 1;
    expect(await sessions.session(role, 'a1')).not.toBe(first);
    expect(asked).toHaveLength(2);
  });

  it('uses_a_session_on_when_its_renewal_gets_no_answer_until_it_ends', async () => {
    const { sessions, answer, clock } = scene();
    const first = await sessions.session(role, 'a1');
    answer.error = away;
    clock.ms += hour - renewBeforeMs;
    expect(await sessions.session(role, 'a1')).toBe(first);
    clock.ms += renewBeforeMs;
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'lake-unavailable' });
  });

  it('gives_a_session_up_when_its_renewal_is_refused', async () => {
    const { sessions, answer, clock } = scene();
    await sessions.session(role, 'a1');
    answer.error = refused;
    clock.ms += hour - renewBeforeMs;
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'role-refused' });
  });

  it('believes_a_refusal_for_a_few_seconds_only', async () => {
    const { sessions, asked, answer, clock } = scene();
    answer.error = refused;
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'role-refused' });
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'role-refused' });
    expect(asked).toHaveLength(1);
    clock.ms += refusalMs;
    delete answer.error;
    expect(await sessions.session(role, 'a1')).toMatchObject({ accessKeyId: '2' });
  });

  it('asks_again_when_the_clock_was_set_back_behind_a_refusal', async () => {
    const { sessions, answer, clock } = scene();
    answer.error = refused;
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'role-refused' });
    clock.ms -= 3_600_000;
    delete answer.error;
    expect(await sessions.session(role, 'a1')).toMatchObject({ accessKeyId: '2' });
  });

  it('asks_again_at_once_when_sts_did_not_answer', async () => {
    const { sessions, answer } = scene();
    answer.error = away;
    await expect(sessions.session(role, 'a1')).rejects.toMatchObject({ code: 'lake-unavailable' });
    delete answer.error;
    expect(await sessions.session(role, 'a1')).toMatchObject({ accessKeyId: '2' });
  });

  it('forgets_a_dropped_session_but_not_the_one_that_replaced_it', async () => {
    const { sessions, asked } = scene();
    const first = await sessions.session(role, 'a1');
    sessions.drop(role, 'a1', first);
    const second = await sessions.session(role, 'a1');
    expect(second).not.toBe(first);
    sessions.drop(role, 'a1', first);
    expect(await sessions.session(role, 'a1')).toBe(second);
    expect(asked).toHaveLength(2);
  });

  it('asks_for_a_bounded_number_of_roles_at_once', async () => {
    let underWay = 0;
    let most = 0;
    const send = async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      throw away;
    };
    const sessions = createRoleSessions({ sts: { send } as unknown as Pick<STSClient, 'send'>, now: () => 0 });
    const asked = Array.from({ length: 100 }, (_, at) => sessions.session(role, `a${at}`));
    expect((await Promise.allSettled(asked)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(most).toBe(assumedAtOnce);
  });

  it('keeps_no_more_sessions_than_its_capacity', async () => {
    const { sessions, asked } = scene();
    for (const id of ['a1', 'a2', 'a3', 'a4', 'a1']) await sessions.session(role, id);
    expect(asked.map((input) => input.ExternalId)).toEqual(['a1', 'a2', 'a3', 'a4', 'a1']);
  });

  it('makes_session_names_of_characters_and_length_that_sts_takes', () => {
    expect(sessionNameOf('000000000001')).toBe('tributary-000000000001');
    expect(sessionNameOf(`a/b c:${'x'.repeat(100)}`)).toMatch(/^[\w+=,.@-]{2,64}$/);
  });
});
