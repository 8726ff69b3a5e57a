import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createLog } from '@tributary/service';
import { createKafkajsStream, type Stream, type StreamAdmin } from '@tributary/stream';

/** Where a command finds Kafka: the local stack of `dir`, or the brokers that are named. */
export interface KafkaPlace {
  readonly dir: string;
  readonly brokers?: string;
}

/** Kafka, for a command that only reads and writes topics. `name` is the command's. */
export async function withKafka<T>(
  { dir, brokers }: KafkaPlace,
  name: string,
  use: (kafka: { readonly stream: Stream; readonly admin: StreamAdmin }) => Promise<T>,
): Promise<T> {
  const addresses = brokers?.split(',') ?? [readEndpoints(dir).kafka];
  const log = createLog(name, 'error');
  const stream = createKafkajsStream({ brokers: addresses, clientId: `tributary-${name}`, log });
  const admin = stream.admin();
  return use({ stream, admin }).finally(() => admin.close());
}
