import { describe, expect, it } from '@jest/globals';
import { probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import fc from 'fast-check';
import { type ProbeSetting, probeContract } from './probe.contract.ts';
import { createProber, type Probe, type ProbeCalls, type PutProbeAnswer, probeKey } from './probe.ts';
import { createMemoryProber, type MemoryRole } from './probe-memory.ts';
import { foreignIdsOf, probePauses, readPutAnswer } from './probe-rules.ts';

const probe: Probe = {
  roleARN: 'arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-us-east-1',
  externalId: '000000000001',
  bucket: 'aws-security-data-lake-us-east-1-abc',
  prefix: 'ext/tributary/1.0',
  region: 'us-east-1',
};
const like = (pattern: string) => new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`);

function trustOf({ trust }: ProbeSetting, own: string): MemoryRole['trusts'] {
  if (trust === undefined) return (id) => id === own;
  if (trust === 'without-condition') return () => true;
  if (trust === 'id-if-there-is-one') return (id) => id === undefined || id === own;
  if (typeof trust === 'string') return () => false;
  if ('equals' in trust) return (id) => id !== undefined && trust.equals(own).includes(id);
  return (id) => id !== undefined && like(trust.like(own)).test(id);
}

probeContract('memory', async () => {
  let customers = 0;
  let act: (() => Promise<unknown>) | undefined;
  const prober = createMemoryProber({
    async onPause() {
      const now = act;
      act = undefined;
      await now?.();
    },
  });
  return {
    prober,
    otherRegion: 'eu-central-1',
    async arrange(setting, onto) {
      const number = customers++;
      const asked = onto ?? {
        ...probe,
        roleARN: `${probe.roleARN}-${number}`,
        bucket: `${probe.bucket}-${number}`,
        ...(setting.otherExternalIds === undefined ? {} : { otherExternalIds: setting.otherExternalIds }),
      };
      const absent = setting.trust === 'no-role' || setting.trust === 'role-of-another-account';
      const prefixes: Record<string, string> = { 'other-prefix': 'ext/other', 'longer-prefix': `${asked.prefix}/more` };
      const prefix = prefixes[setting.grant ?? ''];
      const none = setting.grant !== undefined && prefix === undefined;
      const location = `${asked.bucket}/${prefix ?? asked.prefix}/`;
      const mayPut = (bucket: string, key: string) => !none && `${bucket}/${key}`.startsWith(location);
      prober.role(asked.roleARN, absent ? undefined : { trusts: trustOf(setting, asked.externalId), mayPut });
      const refusals = {
        'of-another-account': 'put-refused',
        'denied-by-policy': 'put-refused',
        'with-key': 'key-refused',
      } as const;
      const refuses = refusals[setting.bucket as keyof typeof refusals];
      const region = setting.bucket === 'elsewhere' ? 'eu-central-1' : 'us-east-1';
      const bucket = { region, ...(refuses === undefined ? {} : { refuses }) };
      prober.bucket(asked.bucket, setting.bucket === 'missing' ? undefined : bucket);
      return asked;
    },
    stored: async () => [],
    atNextPause(next) {
      act = next;
    },
    close: async () => prober.close(),
  };
});

/** Calls that answer as told, and say what they were asked. */
function scripted(puts: (PutProbeAnswer | 'expired')[], letsIn = false) {
  const asked: string[] = [];
  const calls: ProbeCalls<number> = {
    async assume(_, id) {
      asked.push(`assume ${id}`);
      return { session: asked.length };
    },
    async letsIn(_, id) {
      asked.push(`try ${id}`);
      return letsIn;
    },
    async put(_, session, key) {
      asked.push(`put ${session} ${key}`);
      return puts.shift() ?? { allowed: true };
    },
    close: () => undefined,
  };
  let ms = Date.UTC(2026, 0, 2);
  const pause = async (pauseMs: number) => {
    ms += pauseMs;
  };
  return { asked, prober: createProber({ calls, now: () => ms, pause }) };
}
const key = 'ext/tributary/1.0/region=us-east-1/accountId=external_000000000001/eventDay=20260102/tributary-probe';

describe('a probe', () => {
  it('asks_for_the_role_first_then_who_else_gets_in_and_puts_last', async () => {
    const { prober, asked } = scripted([]);
    expect(await prober.probe(probe)).toEqual({ ok: true, retries: 0, retriedForMs: 0 });
    expect(asked).toEqual([
      'assume 000000000001',
      'try undefined',
      ...foreignIdsOf(probe.externalId).map((id) => `try ${id}`),
      `put 1 ${key}`,
    ]);
  });

  it('never_puts_as_a_role_that_others_can_use', async () => {
    const { prober, asked } = scripted([], true);
    expect(await prober.probe(probe)).toMatchObject({ ok: false, fault: 'role-trusts-without-external-id' });
    expect(asked.filter((what) => what.startsWith('put'))).toEqual([]);
  });

  it('goes_on_with_a_new_session_where_the_first_ended_under_way', async () => {
    const { prober, asked } = scripted([{ refusal: 'put-refused' }, 'expired', { allowed: true }]);
    expect(await prober.probe(probe)).toMatchObject({ ok: true, retries: 1 });
    // The session of the second role that was assumed: the answer to the call before this one.
    expect(asked.slice(-2)).toEqual(['assume 000000000001', `put ${asked.length - 1} ${key}`]);
  });

  it('decides_nothing_where_a_new_session_is_expired_too', async () => {
    const { prober } = scripted(['expired', 'expired']);
    await expect(prober.probe(probe)).rejects.toMatchObject({ code: 'credentials-expired' });
  });

  it('names_the_object_that_s3_stored_against_all_rules', async () => {
    const { prober } = scripted([{ refusal: 'probe-written' }]);
    expect(await prober.probe(probe)).toMatchObject({ ok: false, fault: 'probe-written', key, retries: 0 });
  });

  it('tries_again_for_20_seconds_in_all_with_growing_pauses', async () => {
    const prober = createMemoryProber();
    const outcome = await prober.probe(probe);
    expect(prober.pauses).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
    expect(outcome).toMatchObject({ ok: false, retries: 6, retriedForMs: 17_500 });
    expect(outcome).toMatchObject({ sentence: expect.stringContaining('we tried 7 times in 18 s') });
  });

  it('shares_its_patience_between_role_and_put', async () => {
    const prober = createMemoryProber();
    prober.admit(probe);
    prober.role(probe.roleARN, { trusts: (id) => id === probe.externalId, mayPut: () => false, visibleFromMs: 7_000 });
    expect(await prober.probe(probe)).toMatchObject({ fault: 'put-refused', retries: 6, retriedForMs: 17_500 });
  });

  it('does_not_wait_where_it_is_told_not_to', async () => {
    const prober = createMemoryProber({ patienceMs: 0 });
    expect(await prober.probe(probe)).toMatchObject({ fault: 'role-not-assumable', retries: 0, retriedForMs: 0 });
  });

  it('plays_an_outage_as_often_as_told', async () => {
    const prober = createMemoryProber();
    prober.admit(probe);
    prober.fail('lake-unavailable');
    await expect(prober.probe(probe)).rejects.toMatchObject({ code: 'lake-unavailable' });
    expect(await prober.probe(probe)).toMatchObject({ ok: true });
  });

  it('puts_where_the_first_object_of_the_day_would_lie', () => {
    expect(probeKey(probe, Date.UTC(2026, 0, 2))).toBe(key);
  });
});

describe('foreign ids', () => {
  it('are_never_the_customers_own_and_of_the_same_form', () => {
    const id = fc.stringMatching(/^[0-9]{12}$/);
    fc.assert(
      fc.property(id, fc.array(id), (own, others) => {
        const foreign = foreignIdsOf(own, [...others, own]);
        expect(foreign).not.toContain(own);
        expect(foreign.length).toBeGreaterThanOrEqual(2);
        expect(foreign.every((one) => /^[0-9]{12}$/.test(one))).toBe(true);
      }),
    );
  });

  it('let_one_in_for_every_pattern_with_a_wildcard_anywhere', () => {
    const place = fc.integer({ min: 0, max: 11 });
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{12}$/), place, place, (own, one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
        const around = (wildcard: string) => `${own.slice(0, from)}${wildcard}${own.slice(to)}`;
        for (const pattern of [around('*'), around('?'.repeat(to - from)), around('?*')])
          expect(foreignIdsOf(own).some((id) => like(pattern).test(id))).toBe(true);
      }),
    );
  });
});

it('pauses_longer_each_time_up_to_five_seconds', () => {
  const pauses = probePauses();
  expect(Array.from({ length: 6 }, () => pauses.next().value)).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
});

describe('an answer to the put', () => {
  const answered = (httpStatusCode: number, name: string, more: object = {}) =>
    Object.assign(new Error('Access Denied'), { name, $metadata: { httpStatusCode }, ...more });
  const from = (region: string) => ({ $response: { headers: { 'x-amz-bucket-region': region } } });

  it.each([
    [answered(400, 'BadDigest'), { allowed: true }],
    [answered(404, 'NoSuchBucket'), { refusal: 'bucket-missing' }],
    [answered(301, 'PermanentRedirect', from('eu-west-1')), { refusal: 'bucket-elsewhere', bucketRegion: 'eu-west-1' }],
    [answered(301, 'PermanentRedirect', from('<b>evil')), { refusal: 'bucket-elsewhere' }],
    [answered(307, 'TemporaryRedirect'), { refusal: 'bucket-elsewhere' }],
    [
      answered(400, 'AuthorizationHeaderMalformed', { Region: 'us-gov-west-1' }),
      { refusal: 'bucket-elsewhere', bucketRegion: 'us-gov-west-1' },
    ],
    [answered(400, 'KMS.DisabledException'), { refusal: 'key-unusable' }],
    [answered(400, 'KMS.NotFoundException'), { refusal: 'key-unusable' }],
    [
      answered(403, 'AccessDenied', { message: 'User: x is not authorized to perform: kms:GenerateDataKey' }),
      { refusal: 'key-refused' },
    ],
    [answered(403, 'AccessDenied'), undefined],
    [answered(400, 'InvalidDigest'), undefined],
    [answered(503, 'SlowDown'), undefined],
    [Object.assign(new Error(), { code: 'ECONNRESET' }), undefined],
    [undefined, undefined],
  ])('%#', (error, meaning) => {
    expect(readPutAnswer(error)).toEqual(meaning);
  });
});

it.each(Object.entries(probeRefusals))('tells_the_customer_of_%s_what_is_wrong_and_the_way_out', (_, { sentence }) => {
  expect(sentence).toMatch(/^[A-Z].{20,}\. [A-Z].{20,}\.$|^[A-Z].{60,}\.$/);
});
