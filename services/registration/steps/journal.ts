import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { encodeChange } from '@tributary/subscriptions';
import type { Exchange } from '../pipeline.ts';

/** Writes the change to the journal (acks=all). From here on it will happen, whatever becomes of this process. */
export async function journalChange(exchange: Exchange): Promise<void> {
  const { existing, next, neighbours } = exchange;
  if (next === undefined || next === existing) return;
  // A send that fails may still land. Until the locks end by themselves nobody decides on what may be outdated.
  exchange.inDoubt = true;
  const change = encodeChange({ kind: 'registration', record: next }, exchange.decidedAt);
  const record = { topic: registrationsTopic, partition: 0, ...change };
  const [offset] = await neighbours.publisher.publish([record]);
  exchange.inDoubt = false;
  exchange.journalled = offset;
}
