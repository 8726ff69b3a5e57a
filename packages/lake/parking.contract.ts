import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expiredKeyOf, parkedFolder, parkedKey } from '@tributary/schemas/lake/parked-key.ts';
import type { ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import type { ParkedEntry, Parking } from './parking.ts';

/** An empty bucket of our own. */
export interface ParkingHarness {
  readonly parking: Parking;
  close(): Promise<void>;
}

const account = '000000000001';
const destination = {
  providerAccountID: '111122223333',
  bucketName: 'aws-security-data-lake-us-east-1-abc',
  prefix: 'ext/tributary-file/1.0',
  roleARN: 'arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-file-us-east-1',
};

/** What every bucket for parked objects promises, fake or real. */
export function parkingContract(name: string, open: () => Promise<ParkingHarness>): void {
  describe(`parking contract: ${name}`, () => {
    let harness: ParkingHarness;
    let parking: Parking;
    let topics = 0;
    beforeAll(async () => {
      harness = await open();
      parking = harness.parking;
    });
    afterAll(() => harness?.close());

    /** Objects of one partition that no other test uses. */
    function place() {
      const handoffTopic = `ocsf.contract-${++topics}-${randomUUID().slice(0, 8)}`;
      const sample = (firstOffset = 7, body = new TextEncoder().encode(`rows ${randomUUID()}`)) => {
        const sha256 = createHash('sha256').update(body).digest('hex');
        const objectName = `${randomUUID().replaceAll('-', '')}.parquet`;
        const facts: ParkedFacts = {
          ...{
            registration: `${account}/file-activity`,
            generation: 3,
            destination,
            name: objectName,
            rows: 12,
            sha256,
          },
          ...{ objectAccount: `external_${account}`, eventDay: '20260102', handoffTopic, handoffPartition: 4 },
          ...{ incarnation: '0123456789abcdef', offsets: [firstOffset, firstOffset + 2], times: [1, 2] },
          ...{ parkedAt: 1_760_000_000_000, fault: 'put-refused' },
        };
        const at = { handoffTopic, handoffPartition: 4, account, destination, firstOffset, name: objectName };
        return { key: parkedKey(at), body, facts };
      };
      const listed = async () => {
        const entries: ParkedEntry[] = [];
        for await (const entry of parking.list(parkedFolder(handoffTopic, 4))) entries.push(entry);
        return entries;
      };
      return { sample, listed };
    }

    it('keeps_an_object_of_exactly_these_bytes_with_its_facts', async () => {
      const object = place().sample(
        7,
        new Uint8Array(300_000).map((_, at) => at * 31),
      );
      expect(await parking.park(object)).toBe('created');
      const read = await parking.read(object.key);
      expect(Buffer.compare(read!.body, object.body)).toBe(0);
      expect(read!.facts).toEqual(object.facts);
      expect(await parking.facts(object.key)).toEqual(object.facts);
    });

    it('leaves_the_first_bytes_and_facts_when_the_same_key_is_parked_again', async () => {
      const object = place().sample();
      await parking.park(object);
      const again = { ...place().sample(), key: object.key };
      expect(await parking.park(again)).toBe('already-there');
      expect((await parking.read(object.key))!.facts).toEqual(object.facts);
    });

    it('lists_in_the_order_of_the_rows_and_only_one_partition', async () => {
      const { sample, listed } = place();
      const objects = [1_000, 9, 10, 100_000_000].map((offset) => sample(offset));
      for (const object of objects) await parking.park(object);
      await parking.park(place().sample());
      const inOrder = [...objects].sort((one, other) => one.facts.offsets[0] - other.facts.offsets[0]);
      const expected = inOrder.map(({ key, body }) => ({ key, bytes: body.byteLength, ordered: false }));
      expect(await listed()).toEqual(expected);
    });

    it('shows_which_objects_an_operator_has_given_an_order_for', async () => {
      const { sample, listed } = place();
      const objects = [sample(1), sample(2), sample(3)];
      for (const object of objects) await parking.park(object);
      await parking.writeNote(objects[0]!.key, 'a note is no order', undefined);
      await parking.order(objects[1]!.key, 'retry');
      await parking.order(objects[1]!.key, 'to-current');
      expect((await listed()).map(({ ordered }) => ordered)).toEqual([false, true, false]);
      expect(await parking.readOrder(objects[1]!.key)).toBe('to-current');
      await parking.clearOrder(objects[1]!.key);
      expect(await parking.readOrder(objects[1]!.key)).toBeUndefined();
      expect((await listed()).map(({ ordered }) => ordered)).toEqual([false, false, false]);
    });

    it('changes_a_note_only_for_who_knows_how_it_was', async () => {
      const { key } = place().sample();
      expect(await parking.readNote(key)).toBeUndefined();
      const first = await parking.writeNote(key, 'one', undefined);
      expect(await parking.writeNote(key, 'other', undefined)).toBe('conflict');
      const second = await parking.writeNote(key, 'two', first);
      expect(await parking.writeNote(key, 'other', first)).toBe('conflict');
      expect(await parking.readNote(key)).toEqual({ text: 'two', version: second });
    });

    it('writes_no_note_of_a_version_when_the_note_is_gone', async () => {
      const object = place().sample();
      await parking.park(object);
      const version = await parking.writeNote(object.key, 'one', undefined);
      await parking.remove(object.key);
      expect(await parking.writeNote(object.key, 'two', version)).toBe('conflict');
    });

    it('lets_only_one_of_several_writers_write', async () => {
      const { key } = place().sample();
      const written = await Promise.all(
        Array.from({ length: 6 }, (_, at) => parking.writeNote(key, `writer ${at}`, undefined).catch(() => 'conflict')),
      );
      expect(written.filter((version) => version !== 'conflict')).toHaveLength(1);
    });

    it('removes_an_object_with_what_lies_beside_it_and_takes_a_second_time_for_done', async () => {
      const { sample, listed } = place();
      const object = sample();
      await parking.park(object);
      await parking.writeNote(object.key, 'note', undefined);
      await parking.order(object.key, 'drop');
      await parking.remove(object.key);
      await parking.remove(object.key);
      expect([await parking.read(object.key), await parking.facts(object.key), await listed()]).toEqual([
        undefined,
        undefined,
        [],
      ]);
      expect([await parking.readNote(object.key), await parking.readOrder(object.key)]).toEqual([undefined, undefined]);
    });

    it('keeps_a_copy_of_what_is_given_up', async () => {
      const object = place().sample();
      await parking.park(object);
      await parking.keepExpired(object.key);
      await parking.keepExpired(object.key);
      await parking.remove(object.key);
      expect((await parking.read(expiredKeyOf(object.key)))!.facts).toEqual(object.facts);
    });
  });
}
