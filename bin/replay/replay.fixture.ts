import { fileActivity, jsonAsAvro, registrationOf, wireFormat } from '@tributary/consumer/rig.fixture.ts';
import { Workspace, Workspaces } from '@tributary/consumer/workspace.ts';
import encodeCut from '@tributary/flusher/encode-worker.ts';
import { createMemoryLake } from '@tributary/lake';
import { decodeReceipt, type Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { agentTopic, clusterLayouts, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { type OnStep, silentLog } from '@tributary/service';
import { createMemoryStream, MemoryBroker } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import type { ReplayNeighbours, ReplayOptions } from './replay.ts';

export const acme = '111111111111';
const other = '222222222222';
export const topic = agentTopic('file-activity');
export const noon = Date.UTC(2026, 0, 15, 12);
export const minute = 60_000;
export const registration = registrationId(acme, 'file-activity');
export const wanted = { registration, from: noon, to: noon + 10 * minute };
export const options: ReplayOptions = {
  limits: { rows: 1_000, bytes: 1_000_000 },
  dryRun: false,
  again: false,
  ranges: { rows: 1, bytes: 1_000_000 },
};

/** A cluster in which events of two customers arrived, one a minute in each of two partitions, and a lake for one of them. */
export async function rig() {
  let time = noon - 2 * minute;
  const broker = new MemoryBroker(() => time);
  const stream = createMemoryStream(broker);
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  const publisher = stream.publisher();
  const send = async (partition: number, value: Buffer | string | null, headers: Record<string, string> = {}) =>
    (await publisher.publish([{ topic, partition, key: 'endpoint', value, headers }]))[0]!;
  const activity = (account: string, changes: object = {}) =>
    wireFormat(7, fileActivity(account, { eventTime: time - minute, ...changes }));
  for (; time < noon + 12 * minute; time += minute) {
    for (const partition of [0, 1]) {
      await send(partition, activity(acme, partition === 0 ? {} : { awsAccountId: '999988887777' }));
      await send(partition, activity(other));
    }
  }
  const records = new Map<string, RegistrationRecord>();
  for (const account of [acme, other]) records.set(registrationId(account, 'file-activity'), registrationOf(account));
  const lake = createMemoryLake();
  lake.admit(records.get(registration)!.destination, acme);
  const said: string[] = [];
  const ids = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'];
  const neighbours = (onStep: OnStep = () => {}): ReplayNeighbours => ({
    ...{ stream, admin, publisher, lake, onStep },
    decoders: jsonAsAvro,
    workspaces: new Workspaces((eventClass) => new Workspace(eventClass, 1)),
    registrations: { refresh: async () => {}, byId: (id) => records.get(id) },
    encoder: { encode: (messages, objects) => encodeCut({ messages, objects }) },
    log: silentLog,
    region: 'us-east-1',
    now: () => time,
    random: () => 0,
    randomHex: () => ids.shift()!,
    signal: new AbortController().signal,
    operator: 'ada',
    requestId: 'r-1',
    say: (line) => void said.push(line),
    show: () => {},
  });
  const read = async (name: string) => {
    const values: string[] = [];
    await stream.read({ topic: name, partition: 0, from: 0, onRecord: ({ value }) => void values.push(String(value)) });
    return values;
  };
  const receipts = async () => (await read(receiptsTopic)).map((value) => decodeReceipt(value)!);
  const wait = (ms: number) => {
    time += ms;
  };
  return { broker, stream, publisher, lake, records, said, neighbours, read, receipts, send, activity, wait };
}

/** Rows by object, each object once. */
export function rowsOf(receipts: readonly Receipt[]): number {
  return [...new Map(receipts.map((receipt) => [receipt.objectKey, receipt.rows])).values()].reduce((a, b) => a + b, 0);
}
