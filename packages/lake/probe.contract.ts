import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ProbeRefusal, probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import { type Probe, type ProbeOutcome, type Prober, patienceMsDefault } from './probe.ts';

/** What is wrong, if anything, with the role, what it may do, and the bucket. Absent: all is as Security Lake makes it. */
export interface ProbeSetting {
  /** Whom the role trusts; the last name the external ids that its condition names. */
  readonly trust?:
    | 'no-role'
    | 'role-of-another-account'
    | 'another-account'
    | 'without-condition'
    | 'id-if-there-is-one'
    | { readonly equals: (own: string) => readonly string[] }
    | { readonly like: (own: string) => string };
  readonly grant?: 'nothing' | 'other-prefix' | 'longer-prefix' | 'other-action' | 'denied-beside';
  readonly bucket?:
    | 'missing'
    | 'of-another-account'
    | 'denied-by-policy'
    | 'elsewhere'
    | 'with-key'
    | 'with-granted-key';
  readonly otherExternalIds?: readonly string[];
}

/** A prober whose pauses take no time, and the AWS behind it. */
export interface ProbeHarness {
  readonly prober: Prober;
  /** Makes a customer of its own, or changes the one that `onto` is about. */
  arrange(setting: ProbeSetting, onto?: Probe): Promise<Probe>;
  /** Keys in the bucket, read as its owner; none where the bucket is missing. */
  stored(bucket: string): Promise<readonly string[]>;
  /** What happens once, at the next pause of the prober. */
  atNextPause(act: () => Promise<unknown>): void;
  /** Where `elsewhere` is. */
  readonly otherRegion: string;
  close(): Promise<void>;
}

const otherCustomer = '424242424242';

/** Each a promise, what is arranged, and what is found out (undefined: fit). */
export const probeTable: readonly [promise: string, setting: ProbeSetting, fault: ProbeRefusal | undefined][] = [
  ['accepts_what_security_lake_makes', {}, undefined],
  ['refuses_a_role_that_is_absent', { trust: 'no-role' }, 'role-not-assumable'],
  ['refuses_a_role_arn_of_the_wrong_account', { trust: 'role-of-another-account' }, 'role-not-assumable'],
  ['refuses_a_role_that_trusts_another_account', { trust: 'another-account' }, 'role-not-assumable'],
  ['refuses_a_role_for_another_external_id', { trust: { equals: () => [otherCustomer] } }, 'role-not-assumable'],
  ['refuses_a_trust_without_condition', { trust: 'without-condition' }, 'role-trusts-without-external-id'],
  ['refuses_a_trust_that_asks_only_who_has_an_id', { trust: 'id-if-there-is-one' }, 'role-trusts-without-external-id'],
  ['refuses_a_trust_like_*', { trust: { like: () => '*' } }, 'role-trusts-other-external-ids'],
  ['refuses_a_trust_like_12_of_any', { trust: { like: () => '?'.repeat(12) } }, 'role-trusts-other-external-ids'],
  [
    'refuses_a_trust_like_a_beginning',
    { trust: { like: (own) => `${own.slice(0, 11)}*` } },
    'role-trusts-other-external-ids',
  ],
  ['refuses_a_trust_like_an_end', { trust: { like: (own) => `*${own.slice(1)}` } }, 'role-trusts-other-external-ids'],
  ['accepts_a_trust_like_the_id_itself', { trust: { like: (own) => own } }, undefined],
  [
    'refuses_a_trust_in_another_customer_as_well',
    { trust: { equals: (own) => [own, otherCustomer] }, otherExternalIds: [otherCustomer] },
    'role-trusts-other-external-ids',
  ],
  ['refuses_a_role_without_policy', { grant: 'nothing' }, 'put-refused'],
  ['refuses_a_policy_on_another_prefix', { grant: 'other-prefix' }, 'put-refused'],
  ['refuses_a_policy_on_a_longer_prefix', { grant: 'longer-prefix' }, 'put-refused'],
  ['refuses_a_policy_to_read_only', { grant: 'other-action' }, 'put-refused'],
  ['refuses_an_explicit_deny', { grant: 'denied-beside' }, 'put-refused'],
  ['refuses_a_missing_bucket', { bucket: 'missing' }, 'bucket-missing'],
  ['refuses_a_bucket_of_another_account', { bucket: 'of-another-account' }, 'put-refused'],
  ['refuses_a_bucket_whose_policy_denies', { bucket: 'denied-by-policy' }, 'put-refused'],
  ['refuses_a_bucket_in_another_region', { bucket: 'elsewhere' }, 'bucket-elsewhere'],
  ['refuses_a_bucket_whose_key_the_role_may_not_use', { bucket: 'with-key' }, 'key-refused'],
  ['accepts_a_bucket_whose_key_the_role_may_use', { bucket: 'with-granted-key' }, undefined],
];

/** Found out at once: waiting wouldn't change it. */
const certain: readonly (ProbeRefusal | undefined)[] = [
  undefined,
  'bucket-missing',
  'bucket-elsewhere',
  'role-trusts-other-external-ids',
  'role-trusts-without-external-id',
];

/** What every prober promises, fake or real. */
export function probeContract(name: string, open: () => Promise<ProbeHarness>): void {
  describe(`probe contract: ${name}`, () => {
    let harness: ProbeHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    it.each(probeTable)('%s_and_writes_nothing', async (_, setting, fault) => {
      const probe = await harness.arrange(setting);
      const outcome = await harness.prober.probe(probe);
      expect(found(outcome)).toBe(fault);
      expect(await harness.stored(probe.bucket)).toEqual([]);
      expect(outcome.retries > 0).toBe(!certain.includes(fault));
      expect(outcome.retriedForMs).toBeLessThanOrEqual(patienceMsDefault);
      if (outcome.ok) return;
      expect(outcome.sentence.startsWith(probeRefusals[outcome.fault].sentence)).toBe(true);
      expect(outcome.sentence.includes(`tried ${outcome.retries + 1} times`)).toBe(outcome.retries > 0);
      expect(outcome.sentence).not.toContain(otherCustomer);
    });

    it('says_where_a_bucket_elsewhere_lies', async () => {
      const outcome = await harness.prober.probe(await harness.arrange({ bucket: 'elsewhere' }));
      expect(outcome).toMatchObject({ bucketRegion: harness.otherRegion });
    });

    it('waits_for_a_fresh_role_and_says_so', async () => {
      const probe = await harness.arrange({ trust: 'no-role' });
      harness.atNextPause(() => harness.arrange({}, probe));
      const outcome = await harness.prober.probe(probe);
      expect(outcome).toMatchObject({ ok: true, retries: 1 });
      expect(outcome.retriedForMs).toBeGreaterThan(0);
    });

    it('waits_for_a_fresh_policy_and_says_so', async () => {
      const probe = await harness.arrange({ grant: 'nothing' });
      harness.atNextPause(() => harness.arrange({}, probe));
      expect(await harness.prober.probe(probe)).toMatchObject({ ok: true, retries: 1 });
    });

    it('shows_an_open_trust_also_of_a_role_that_was_waited_for', async () => {
      const probe = await harness.arrange({ trust: 'no-role' });
      harness.atNextPause(() => harness.arrange({ trust: 'without-condition' }, probe));
      expect(found(await harness.prober.probe(probe))).toBe('role-trusts-without-external-id');
    });

    it('rejects_with_the_reason_of_its_signal', async () => {
      const probe = await harness.arrange({});
      const reason = new Error('shutting down');
      await expect(harness.prober.probe({ ...probe, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('gives_the_waiting_up_when_its_signal_aborts', async () => {
      const probe = await harness.arrange({ trust: 'no-role' });
      const stop = new AbortController();
      harness.atNextPause(async () => stop.abort(new Error('shutting down')));
      await expect(harness.prober.probe({ ...probe, signal: stop.signal })).rejects.toThrow('shutting down');
    });
  });
}

const found = (outcome: ProbeOutcome): ProbeRefusal | undefined => (outcome.ok ? undefined : outcome.fault);
