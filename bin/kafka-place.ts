import type { Stream, StreamAdmin } from '@tributary/stream';
import { clusterOf } from './cluster.ts';

/** Where a command finds Kafka: the local stack of `dir`, or the brokers that are named, with TLS and credentials from the environment. */
export interface KafkaPlace {
  readonly dir: string;
  readonly brokers?: string;
}

/** Kafka, for a command that only reads and writes topics. `name` is the command's. */
export async function withKafka<T>(
  place: KafkaPlace,
  name: string,
  use: (kafka: { readonly stream: Stream; readonly admin: StreamAdmin }) => Promise<T>,
): Promise<T> {
  const stream = clusterOf(name, place);
  const admin = stream.admin();
  return use({ stream, admin }).finally(() => admin.close());
}
