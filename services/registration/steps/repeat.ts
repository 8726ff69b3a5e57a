import { createHash } from 'node:crypto';
import type { Exchange, Outgoing } from '../pipeline.ts';
import { Problem } from '../problem.ts';
import { takeWhole } from './lock.ts';

/** How long an answer is remembered. */
export const rememberedMs = 86_400_000;

interface Remembered {
  /** What was asked: hex SHA-256. */
  readonly request: string;
  readonly answer: Outgoing;
}

/** Ends a request with the answer that was given to it before. */
export class AnsweredBefore extends Error {
  readonly answer: Outgoing;

  constructor(answer: Outgoing) {
    super('it was answered before');
    this.name = 'AnsweredBefore';
    this.answer = answer;
  }
}

/**
 * Answers a request whose Idempotency-Key was answered before as it was then, and holds its repetitions back while it is
 * under way. Only what was done is remembered: after a refusal the same key may be sent with a better request.
 */
export const recall =
  (name: string) =>
  async (exchange: Exchange): Promise<void> => {
    const { account, incoming, neighbours } = exchange;
    const key = incoming.idempotencyKey;
    if (key === undefined) return;
    if (!/^[A-Za-z0-9_:.-]{1,128}$/.test(key))
      throw new Problem('invalid-header', 'Idempotency-Key must be 1 to 128 letters, digits, _ : . or -.');
    exchange.locks.push(await takeWhole(exchange, `answer/${account}/${key}`));
    exchange.request = requestOf(name, exchange);
    const kept = await neighbours.requests.recall(account, key);
    if (kept === undefined) return;
    const { request, answer } = JSON.parse(kept) as Remembered;
    if (request === exchange.request) throw new AnsweredBefore(answer);
    const detail = 'The Idempotency-Key was used for another request in the last 24 hours. Send a new one.';
    throw new Problem('idempotency-key-reused', detail);
  };

/** Remembers the answer. The change is done by now, so a loss here costs the repetition its old answer and nothing more. */
export async function remember({ account, answer, incoming, neighbours, request }: Exchange): Promise<void> {
  if (request === undefined || answer === undefined) return;
  const kept: Remembered = { request, answer };
  await neighbours.requests
    .remember(account, incoming.idempotencyKey!, JSON.stringify(kept), rememberedMs)
    .catch((error: unknown) => neighbours.log.warn({ err: error }, 'an answer was not remembered'));
}

function requestOf(name: string, { incoming }: Exchange): string {
  const { eventClass, body, ifMatch } = incoming;
  const asked = JSON.stringify([name, eventClass ?? null, body ?? null, ifMatch ?? null]);
  return createHash('sha256').update(asked).digest('hex');
}
