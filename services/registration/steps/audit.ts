import { actionOf, auditedRegistration, auditMessage } from '../audit.ts';
import type { Exchange } from '../pipeline.ts';

/** Writes down who changes what, before it is changed: what can't be written down isn't done. */
export async function auditChange({ account, apiKey, existing, incoming, neighbours, next }: Exchange): Promise<void> {
  if (next === undefined || next === existing) return;
  const message = auditMessage({
    at: new Date(neighbours.now()).toISOString(),
    account,
    actor: { kind: 'api-key', id: apiKey },
    action: actionOf(existing, next),
    subject: next.registration,
    ...(existing === undefined ? {} : { before: auditedRegistration(existing) }),
    after: auditedRegistration(next),
    requestId: incoming.requestId,
  });
  await neighbours.publisher.publish([message]);
}
