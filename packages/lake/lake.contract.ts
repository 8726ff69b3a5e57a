import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import type { Lake, PutRequest } from './lake.ts';

/** One customer's lake made ready, and what the suite may look at behind the port's back. */
export interface LakeHarness {
  readonly lake: Lake;
  readonly destination: Destination;
  readonly externalId: string;
  /** Reads as the customer. */
  read(bucketName: string, key: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** What every lake promises, fake or real. */
export function lakeContract(name: string, open: () => Promise<LakeHarness>): void {
  describe(`lake contract: ${name}`, () => {
    let harness: LakeHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    const newKey = (prefix = harness.destination.prefix) =>
      `${prefix}/region=us-east-1/accountId=external_000000000001/eventDay=20260102/${randomUUID()}.parquet`;
    const request = (changes: Partial<PutRequest> = {}): PutRequest => ({
      destination: harness.destination,
      externalId: harness.externalId,
      key: newKey(),
      body: new TextEncoder().encode(`rows ${randomUUID()}`),
      ...changes,
    });
    const faultOfPut = async (changes: Partial<PutRequest>): Promise<[FaultCode, Uint8Array | undefined]> => {
      const asked = request(changes);
      const error = await harness.lake.put(asked).then(
        () => undefined,
        (reason) => reason,
      );
      return [error?.code, await harness.read(asked.destination.bucketName, asked.key)];
    };

    it('creates_an_object_of_exactly_these_bytes', async () => {
      const asked = request({ body: new Uint8Array(300_000).map((_, i) => i * 31) });
      expect(await harness.lake.put(asked)).toEqual({ outcome: 'created' });
      const stored = await harness.read(asked.destination.bucketName, asked.key);
      expect(Buffer.compare(stored!, asked.body)).toBe(0);
    });

    it('answers_already_there_to_the_same_key_and_leaves_the_first_bytes', async () => {
      const asked = request();
      await harness.lake.put(asked);
      const again = await harness.lake.put({ ...asked, body: new TextEncoder().encode('other rows') });
      expect(again).toEqual({ outcome: 'already-there' });
      expect(await harness.read(asked.destination.bucketName, asked.key)).toEqual(asked.body);
    });

    it('creates_once_when_the_same_object_is_put_by_several_at_once', async () => {
      const asked = request();
      const answers = await Promise.allSettled(Array.from({ length: 8 }, () => harness.lake.put(asked)));
      const created = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.outcome === 'created');
      expect(created).toHaveLength(1);
    });

    it('refuses_without_the_external_id_of_the_account', async () => {
      const [code, stored] = await faultOfPut({ externalId: '999999999999' });
      expect([code, stored]).toEqual(['role-refused', undefined]);
    });

    it('refuses_a_role_that_does_not_exist', async () => {
      const roleARN = harness.destination.roleARN.replace(/\/[^/]+$/, '/AmazonSecurityLake-Provider-gone-us-east-1');
      const [code, stored] = await faultOfPut({ destination: { ...harness.destination, roleARN } });
      expect([code, stored]).toEqual(['role-refused', undefined]);
    });

    it('refuses_a_put_outside_the_prefix', async () => {
      const [code, stored] = await faultOfPut({ key: newKey(`${harness.destination.prefix}-other`) });
      expect([code, stored]).toEqual(['put-refused', undefined]);
    });

    it('refuses_a_bucket_that_is_not_the_destinations', async () => {
      // AWS says 403 where the role may not know whether the bucket exists, 404 where it may.
      const bucketName = `aws-security-data-lake-us-east-1-${randomUUID().slice(0, 8)}`;
      const [code] = await faultOfPut({ destination: { ...harness.destination, bucketName } });
      expect(['bucket-missing', 'put-refused']).toContain(code);
    });

    it('writes_nothing_when_the_body_is_not_what_its_digest_says', async () => {
      const [code, stored] = await faultOfPut({ sha256: 'ab'.repeat(32) });
      expect([code, stored]).toEqual(['lake-unavailable', undefined]);
    });

    it('rejects_with_the_reason_of_an_aborted_signal', async () => {
      const reason = new Error('shutting down');
      await expect(harness.lake.put(request({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    });
  });
}
