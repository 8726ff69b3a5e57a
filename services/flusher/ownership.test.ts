import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { handoffMessageOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import { createLog, createMetrics } from '@tributary/service';
import type { TopicPartition } from '@tributary/stream';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { handoffRows } from './handoff-rows.ts';
import { Ownership } from './ownership.ts';
import type { FlusherParts } from './partition.ts';
import { type SampleRow, sampleRows } from './rows.fixture.ts';

const topic = 'ocsf.file-activity';
const partition = { topic, partition: 0 };
const marker = 'marked-4a1c7e';
const turn = () => new Promise(setImmediate);

/** One partition on a log that has `low` to 100, committed at 5. */
async function owning(
  low = 0,
  decode = (bytes: Uint8Array) => sampleRows(JSON.parse(Buffer.from(bytes).toString()) as SampleRow[]),
) {
  const paused: TopicPartition[] = [];
  const seeks: number[] = [];
  const listed: string[] = [];
  const broken = { close: false };
  const logged: string[] = [];
  const log = createLog('flusher', 'info', { write: (line) => void logged.push(line) });
  const parts = {
    log,
    metrics: createMetrics(),
    now: () => 1_000,
    elapsed: () => 1_000,
    pause: async () => {},
    randomHex: () => '0123456789abcdef',
    limits: { windowMs: 300_000, cutBytesMax: 1e9, objectsPerRegistrationMax: 1e9, partRows: 1 },
    committer: () => ({
      fence: async () => ({ offset: 5, metadata: '1;0123456789abcdef;a;;;' }),
      commit: async () => {},
      close: async () => {
        if (broken.close) throw new Error('the connection is gone');
      },
    }),
    parking: {
      list: (folder: string) => {
        listed.push(folder);
        return [];
      },
    },
    ends: async () => ({ partition: 0, low: seeks.length === 0 ? 0 : low, high: 100 }),
    seek: (_topic: string, _partition: number, offset: number) => void seeks.push(offset),
  } as unknown as FlusherParts;
  const ownership = new Ownership({
    parts,
    decode,
    fetching: { pause: (partitions) => void paused.push(...partitions), resume() {} },
    memory: { memoryBytesMax: 1e9, cutBytesMax: 1e9 },
    onStep: () => {},
  });
  await ownership.assign([partition]);
  await turn();
  return { ownership, paused, seeks, listed, broken, logged };
}

const record = (offset: number, value: Buffer = Buffer.from(JSON.stringify([{ sourceOffset: offset }]))) => ({
  offset,
  value,
  key: null,
  timestamp: 0,
  headers: { 'schema-fingerprint': Buffer.from('f1') } as Record<string, Buffer>,
});
const batch = (...records: ReturnType<typeof record>[]) => ({ ...partition, records, highWatermark: 100 });

async function faultOf(ownership: Ownership): Promise<string | undefined> {
  await turn();
  await turn();
  return ownership.standing.get(`${topic}-0`)?.code;
}

describe('a hand-off partition', () => {
  it('reads on from where it is after a stale batch from before a seek', async () => {
    const { ownership, seeks } = await owning();
    await ownership.collect(batch(record(9)));
    expect(seeks).toEqual([5, 5]);
    expect(await faultOf(ownership)).toBeUndefined();
    await ownership.drain(0);
  });

  it('stands still, and fetches no more, when its next rows are gone from the log', async () => {
    const { ownership, paused } = await owning(50);
    await ownership.collect(batch(record(50)));
    expect(await faultOf(ownership)).toBe('handoff-gap');
    ownership.tick();
    expect(paused.map((one) => one.partition)).toEqual([0]);
    await ownership.drain(0);
  });

  // The story: rows that a bug had spoilt stopped a partition until a person looked, and with it what was parked of every
  // customer in it, whose lakes were well again.
  it('goes on with what is parked of it while it stands still', async () => {
    const { ownership, listed } = await owning();
    await ownership.collect(batch(record(5, Buffer.from('not rows'))));
    expect(await faultOf(ownership)).toBe('invalid-handoff-message');
    ownership.tick();
    await turn();
    expect(listed).toEqual([expect.stringContaining('ocsf.file-activity/0/')]);
    await ownership.drain(0);
  });

  it('ends well, whatever its connection says when it is closed', async () => {
    const { ownership, broken, logged } = await owning();
    broken.close = true;
    await ownership.assign([]);
    await turn();
    await turn();
    expect(logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)).toMatchObject([
      { msg: 'the work on the partition did not end well', err: { message: 'the connection is gone' } },
    ]);
    await ownership.drain(0);
  });

  it('stands still at a message that is not one', async () => {
    const { ownership } = await owning();
    await ownership.collect(batch(record(5), record(6, Buffer.from('not rows'))));
    expect(await faultOf(ownership)).toBe('invalid-handoff-message');
    await ownership.drain(0);
  });

  it('collects messages of one version and of several, as they come', async () => {
    const { ownership } = await owning();
    const rows = (...offsets: number[]) =>
      Buffer.from(JSON.stringify(offsets.map((sourceOffset) => ({ sourceOffset }))));
    const { value, headers } = handoffMessageOf([
      { ocsfVersion: '1.1.0', schemaFingerprint: 'f1', bytes: rows(6, 8) },
      { ocsfVersion: '1.3.0', schemaFingerprint: 'f3', bytes: rows(7) },
    ]);
    const sections = { sections: Buffer.from(headers.sections!) };
    await ownership.collect(batch(record(5), { ...record(6, value), headers: sections }));
    expect(ownership.positions().map(({ next }) => next)).toEqual([7]);
    await ownership.collect(batch({ ...record(7, value.subarray(1)), headers: sections }));
    expect(await faultOf(ownership)).toBe('invalid-handoff-message');
    await ownership.drain(0);
  });

  it.each([
    ['JSON', Buffer.from(marker), undefined, undefined],
    ['no Arrow', Buffer.from(marker.repeat(9)), undefined, handoffRows],
    ['other columns', Buffer.from(tableToIPC(tableFromArrays({ [marker]: [marker] }))), undefined, handoffRows],
    ['headers of another', Buffer.from(marker), { sections: Buffer.from(`1.1.0:f1:${marker}`) }, handoffRows],
  ])('says that it stands still, and quotes nothing of a message that is %s', async (_, value, headers, decode) => {
    const { ownership, logged } = await owning(0, decode);
    await ownership.collect(batch({ ...record(5, value), ...(headers && { headers }) }));
    expect(await faultOf(ownership)).toBe('invalid-handoff-message');
    expect(logged.at(-1)).toContain('the partition stands still');
    expect(logged.at(-1)).toContain('offset 5');
    for (const line of logged) expect(line).not.toContain(marker.slice(0, 8));
    await ownership.drain(0);
  });

  it('stands still at a batch that can not be decoded', async () => {
    const { ownership, paused } = await owning();
    ownership.unreadable({ ...partition, firstOffset: 5, reason: 'too large' });
    expect(await faultOf(ownership)).toBe('invalid-handoff-message');
    expect(paused).toHaveLength(1);
    expect(new Fault('invalid-handoff-message').message).toMatch(/stands still/);
    await ownership.drain(0);
  });

  it('forgets what arrives when it is not ours any more', async () => {
    const { ownership, seeks } = await owning();
    await ownership.assign([]);
    await ownership.collect(batch(record(9)));
    expect(seeks).toEqual([5]);
    await ownership.drain(0);
  });
});
