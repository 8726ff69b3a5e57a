import { decodeOperation, encodeOperation, type Operation } from '@tributary/schemas/kafka/operations.ts';
import { clusterLayouts, operationsTopic, topics } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord, Stream, StreamAdmin } from '@tributary/stream';
import { expectTopics } from '@tributary/stream/topic-job.ts';

/** Kafka, as far as operations are read from it. */
export interface OperationsReader {
  readonly stream: Pick<Stream, 'read'>;
  readonly admin: StreamAdmin;
}

/** Every operation that is stored, oldest first. Throws WrongTopics, which says what to do, where the topic is missing. */
export async function readOperations({ stream, admin }: OperationsReader): Promise<Operation[]> {
  // One partition in every layout.
  const own = topics.filter(({ name }) => name === operationsTopic);
  await expectTopics(admin, own, clusterLayouts.local);
  const operations: Operation[] = [];
  await stream.read({
    topic: operationsTopic,
    partition: 0,
    from: 0,
    onRecord: ({ value }) => {
      if (value !== null) operations.push(decodeOperation(value.toString()));
    },
  });
  return operations;
}

/** The record that stores an operation. */
export function operationRecord(operation: Operation): OutgoingRecord {
  return { topic: operationsTopic, partition: 0, ...encodeOperation(operation) };
}
