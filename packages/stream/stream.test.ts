import { createMemoryStream, MemoryBroker } from './memory.ts';
import { describeStream } from './stream.contract.ts';

let time = 1_700_000_000_000;
const broker = new MemoryBroker(() => time++);

describeStream(
  'the stream in memory',
  () => ({
    connect: () => createMemoryStream(broker),
    unique: 'memory',
    leaveOpenTransaction: async ({ transactionalId }) => {
      broker.epochs.set(transactionalId, (broker.epochs.get(transactionalId) ?? 0) + 1);
    },
    compact: async (topic) => broker.compact(topic),
    writeUndecodable: async ({ topic, partition }) => broker.writeUndecodable(topic, partition, Buffer.from('bomb')),
    advanceStart: async (topic, partition, low) => broker.advanceStart(topic, partition, low),
  }),
  5_000,
);
