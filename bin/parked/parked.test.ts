import { describe, expect, it } from '@jest/globals';
import { createMemoryParking } from '@tributary/lake';
import type { AuditRecord } from '@tributary/schemas/kafka/audit.ts';
import { parkedKey } from '@tributary/schemas/lake/parked-key.ts';
import { encodeParkedNote, movedAfterMs, type ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import type { OutgoingRecord } from '@tributary/stream';
import { findParked, giveOrder } from './parked.ts';
import { duplicateWarning, faultLegend, parkedTable } from './view.ts';

const accounts = ['111111111111', '222222222222'] as const;
const destination = (account: string) => ({
  providerAccountID: account,
  bucketName: `lake-of-${account}`,
  prefix: 'ext/file',
  roleARN: `arn:aws:iam::${account}:role/r`,
});

/** Two objects of file-activity of each account, and one of dns-activity of the first. */
async function scene() {
  const parking = createMemoryParking();
  const published: OutgoingRecord[] = [];
  const park = async (account: string, eventClass: 'file-activity' | 'dns-activity', offset: number) => {
    const name = `${String(offset).repeat(32).slice(0, 32)}.parquet`;
    const facts = {
      ...{ registration: `${account}/${eventClass}`, generation: 1, destination: destination(account), rows: 12, name },
      ...{ handoffTopic: `ocsf.${eventClass}`, handoffPartition: 0, offsets: [offset, offset], times: [1, 2] },
      ...{ objectAccount: `external_${account}`, eventDay: '20260102', incarnation: '', sha256: 'ab'.repeat(32) },
      ...{ parkedAt: Date.UTC(2026, 0, 2), fault: 'put-refused' },
    } as ParkedFacts;
    const key = parkedKey({ ...facts, account, firstOffset: offset });
    await parking.park({ key, body: new Uint8Array(1_234), facts });
    return key;
  };
  const keys = [
    await park(accounts[0], 'file-activity', 1),
    await park(accounts[0], 'file-activity', 2),
    await park(accounts[1], 'file-activity', 3),
    await park(accounts[0], 'dns-activity', 4),
  ];
  const publisher = {
    publish: async (records: readonly OutgoingRecord[]) => {
      published.push(...records);
      return [];
    },
  };
  return { parking, published, publisher, keys };
}
const by = { name: 'ada', requestId: 'r1', now: Date.UTC(2026, 0, 2, 1) };
const all = { limit: 100 };

describe('parked objects for a person', () => {
  it('are those of the account, the class or the key that was named, and no more than were asked for', async () => {
    const { parking, keys } = await scene();
    const found = async (selection: Parameters<typeof findParked>[1], limit = 100) => {
      const { found, more } = await findParked(parking, selection, { limit });
      return [found.map(({ key }) => keys.indexOf(key)), more];
    };
    expect(await found({ account: accounts[0] })).toEqual([[3, 0, 1], false]);
    expect(await found({ account: accounts[0], eventClass: 'file-activity' })).toEqual([[0, 1], false]);
    expect(await found({ key: keys[2]! })).toEqual([[2], false]);
    expect(await found({}, 2)).toEqual([[3, 0], true]);
  });

  it('are shown with why, how often and when, and with where they go', async () => {
    const { parking, keys } = await scene();
    const note = { tries: 3, nextTry: Date.UTC(2026, 0, 2, 2), fault: 'role-refused', certain: true } as const;
    await parking.writeNote(keys[0]!, encodeParkedNote(note), undefined);
    const { found } = await findParked(parking, { key: keys[0]! }, all);
    const table = parkedTable(found);
    for (const shown of ['111111111111/file-activity (1)', '1,234', '3', 'role-refused', '2026-01-02T02:00:00Z'])
      expect(table).toContain(shown);
    expect(table).toContain('s3://lake-of-111111111111/ext/file/');
    expect(table).toContain(keys[0]!);
    expect(faultLegend(found)).toMatch(/^role-refused: AssumeRole was refused/);
  });

  it('are found again after they were given up', async () => {
    const { parking, keys } = await scene();
    await parking.keepExpired(keys[2]!);
    await parking.remove(keys[2]!);
    const { found } = await findParked(parking, { account: accounts[1] }, { limit: 10, expired: true });
    expect(found.map(({ facts }) => facts.rows)).toEqual([12]);
  });
});

describe('an order for parked objects', () => {
  it('lies beside each of them, and beside no other', async () => {
    const { parking, publisher, published, keys } = await scene();
    const { found } = await findParked(parking, { account: accounts[0], eventClass: 'file-activity' }, all);
    await giveOrder(found, 'retry', by, { parking, publisher });
    expect(await Promise.all(keys.map((key) => parking.readOrder(key)))).toEqual([
      'retry',
      'retry',
      undefined,
      undefined,
    ]);
    expect(published).toEqual([]);
  });

  it.each(['to-current', 'drop'] as const)(
    'that can duplicate or lose rows (%s) is in the audit log first',
    async (what) => {
      const { parking, publisher, published } = await scene();
      const { found } = await findParked(parking, { account: accounts[0] }, all);
      const refusing = { publish: () => Promise.reject(new Error('Kafka is away')) };
      await expect(giveOrder(found, what, by, { parking, publisher: refusing })).rejects.toThrow('Kafka is away');
      expect(await parking.readOrder(found[0]!.key)).toBeUndefined();
      await giveOrder(found, what, by, { parking, publisher });
      const records = published.map(({ value }) => JSON.parse(String(value)) as AuditRecord);
      expect(records).toMatchObject([
        { action: `parked.${what}`, subject: `${accounts[0]}/dns-activity`, after: { count: 1, rows: 12 } },
        { action: `parked.${what}`, subject: `${accounts[0]}/file-activity`, after: { count: 2, rows: 24 } },
      ]);
      expect(records[0]!.actor).toEqual({ kind: 'operator', name: 'ada' });
    },
  );

  it('to the newest destination is warned of with how many may come twice', async () => {
    const { parking, keys } = await scene();
    await parking.writeNote(keys[0]!, encodeParkedNote({ tries: 1, nextTry: 0, certain: true }), undefined);
    const { found } = await findParked(parking, { account: accounts[0] }, all);
    const now = Date.UTC(2026, 0, 2) + movedAfterMs;
    expect(duplicateWarning(found, now)).toMatch(
      /^Of 3 objects, 2 may lie in their old bucket.*and 0 were parked less than 60/,
    );
    expect(duplicateWarning(found, now - 1)).toMatch(/and 3 were parked less than 60 minutes ago.*A SECOND TIME/);
  });
});
