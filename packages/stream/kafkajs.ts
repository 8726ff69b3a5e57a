import { createKafkajsAdmin, SharedAdmin } from './kafkajs-admin.ts';
import { KafkajsAtomicPublisher } from './kafkajs-atomic.ts';
import { createClient, type KafkaConnection } from './kafkajs-client.ts';
import { registerCodecs } from './kafkajs-codecs.ts';
import { KafkajsCommitter } from './kafkajs-committer.ts';
import { repairCoordinatorLookup } from './kafkajs-coordinator.ts';
import { repairRequestQueue } from './kafkajs-internals.ts';
import { KafkajsMember } from './kafkajs-member.ts';
import { KafkajsPublisher } from './kafkajs-publisher.ts';
import { readPartition } from './kafkajs-reader.ts';
import type { Stream } from './stream.ts';

const sendTimeoutMs = 30_000;
const sessionTimeoutMs = 60_000;
/** With pauses of at most 1 s, longer than any send is tried: the publisher's own time limit ends it. */
const publisherRetries = 60;

/** A cluster, and how patient its publishers are. */
export interface KafkajsOptions extends KafkaConnection {
  /** How long a publisher tries one send before it fails for good; 30 s when absent. */
  readonly sendTimeoutMs?: number;
  /** How long a group waits for a sign of life of a member before others get its partitions; 60 s when absent. */
  readonly sessionTimeoutMs?: number;
}

/** The stream on kafkajs 2.2.4. Connects to nothing until a part of it is used. */
export function createKafkajsStream(options: KafkajsOptions): Stream {
  registerCodecs();
  repairRequestQueue();
  repairCoordinatorLookup();
  const { log } = options;
  const newClient = () => createClient(options);
  const admin = new SharedAdmin(newClient);
  return {
    member: (member) =>
      new KafkajsMember({
        createClient: newClient,
        admin,
        log,
        sessionTimeoutMs: options.sessionTimeoutMs ?? sessionTimeoutMs,
        ...member,
      }),
    publisher: ({ compression = 'none' } = {}) =>
      new KafkajsPublisher({
        createClient: () => createClient(options, publisherRetries),
        log,
        compression,
        sendTimeoutMs: options.sendTimeoutMs ?? sendTimeoutMs,
      }),
    atomicPublisher: (atomic) => new KafkajsAtomicPublisher({ createClient: newClient, ...atomic }),
    committer: (committer) => new KafkajsCommitter({ createClient: newClient, admin, ...committer }),
    admin: () => createKafkajsAdmin(admin),
    read: (read) => readPartition(newClient(), read),
  };
}
