import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type Batch, type Chunk, reject } from '../batch.ts';

const account = /^[0-9]{12}$/;

/**
 * Finds the registration that wants each activity; one that nobody wants is dropped. The mirror is brought up to date
 * first, and while it can't be the step throws: unknown is not empty (invariant 5). An event goes to the registration
 * of its own account or nowhere (invariant 4).
 */
export async function match(batch: Batch): Promise<void> {
  await batch.neighbours.subscriptions.refresh();
  for (const chunk of batch.chunks) matchChunk(batch, chunk);
  for (const [place, { accountId }] of batch.alone) settle(batch, place, ownerOf(batch, accountId));
}

/** Looks each account up once, however many events it has. */
function matchChunk(batch: Batch, { columns, places }: Chunk): void {
  const column = columns.fields.get('accountId');
  const none = ownerOf(batch, undefined);
  const owners = Array.from({ length: column?.size ?? 0 }, (_, entry) =>
    ownerOf(batch, column!.value(entry) as string),
  );
  for (let row = 0; row < places.length; row++) {
    const entry = column === undefined ? -1 : column.codes[row]!;
    settle(batch, places[row]!, entry < 0 ? none : owners[entry]!);
  }
}

/** The registration that wants an account's events, `unsubscribed`, or what is wrong with the account. */
type Owner = RegistrationRecord | 'unsubscribed' | 'missing' | 'malformed';

function ownerOf(batch: Batch, accountId: string | undefined): Owner {
  if (accountId === undefined) return 'missing';
  if (!account.test(accountId)) return 'malformed';
  return batch.neighbours.subscriptions.find(accountId, batch.eventClass) ?? 'unsubscribed';
}

function settle(batch: Batch, place: number, owner: Owner): void {
  if (typeof owner === 'object') batch.owners[place] = owner;
  else if (owner === 'unsubscribed') batch.dropped.set(owner, (batch.dropped.get(owner) ?? 0) + 1);
  else reject(batch, place, 'invalid-account', owner);
}
