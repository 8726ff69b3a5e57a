import { silentLog } from '@tributary/service';
import { createKafkajsStream, type OutgoingRecord } from '@tributary/stream';
import { sendTransaction } from '@tributary/stream/kafkajs-harness.ts';
import { codecs, type Landed, type Produce, type RecordToSend } from './record-to-send.ts';

/** kafkajs, with the codecs that our own services give it. Of transactions it doesn't say where they landed. */
export async function kafkajsClient(): Promise<Produce> {
  return async (records, { brokers, topic, unique }) => {
    const connection = { brokers: [brokers], clientId: 'real-producers', log: silentLog };
    const stream = createKafkajsStream(connection);
    const landed: (Landed | undefined)[] = records.map(() => undefined);
    for (const codec of codecs) {
      const publisher = stream.publisher({ compression: codec });
      const plain = [...records.entries()].filter(([, one]) => one.codec === codec && one.fate === 'plain');
      const offsets = await publisher.publish(plain.map(([, one]) => outgoing(topic, one)));
      await publisher.close();
      for (const [at, [number, { partition }]] of plain.entries()) landed[number] = { partition, offset: offsets[at]! };
    }
    for (const codec of codecs) {
      const own = records.filter((one) => one.codec === codec);
      const atomic = stream.atomicPublisher({ transactionalId: `${unique}-kafkajs`, compression: codec });
      await atomic.fence();
      await atomic.publish(own.filter(({ fate }) => fate === 'commit').map((one) => outgoing(topic, one)));
      await atomic.close();
      for (const { partition, payload } of own.filter(({ fate }) => fate === 'abort'))
        await sendTransaction(connection, { topic, partition }, [payload.toString()], 'abort', codec);
    }
    return landed;
  };
}

function outgoing(topic: string, { partition, key, kind, payload, hasHeaders }: RecordToSend): OutgoingRecord {
  const headers = hasHeaders ? { headers: { trace: '1', binary: Buffer.from([0, 0xff]) } } : {};
  return { topic, partition, key, value: kind === 'null' ? null : payload, ...headers };
}
