import { knownTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import type { Stream, StreamAdmin } from '@tributary/stream';
import { decodeKnown, encodeKnown, type Known, knownAt, readKnown, refuseMassLoss } from '@tributary/subscriptions';

/** Kafka forgets offsets of a group without members after days: the number is written again well before. */
const writeAgainMs = 3_600_000;
/** While the number rises it is written so often at most. */
const pauseMs = 10_000;

/** What is needed to remember how many registrations there are. */
export interface KnownNeighbours {
  readonly stream: Pick<Stream, 'committer'>;
  readonly admin: Pick<StreamAdmin, 'committed'>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/**
 * Remembers in Kafka, beside the journal, how many registrations there are, so that a journal or a Redis that lost many
 * is noticed also by processes that have just started. By itself the number only rises.
 */
export class KnownRegistrations {
  readonly #neighbours: KnownNeighbours;
  #written: number | undefined;
  #writtenAt = 0;

  constructor(neighbours: KnownNeighbours) {
    this.#neighbours = neighbours;
  }

  /** Throws `subscriptions-not-whole` when so few are there that many must have been lost. */
  async refuseLoss(found: { readonly registrations: number }): Promise<void> {
    refuseMassLoss(found, await readKnown(this.#neighbours.admin));
  }

  /** Remembers what is there now, if it is more than before, or if the number may soon be forgotten. */
  async remember(found: Known): Promise<void> {
    const age = this.#neighbours.now() - this.#writtenAt;
    const more = this.#written === undefined || found.registrations > this.#written;
    if (!(more && age >= pauseMs) && age < writeAgainMs) return;
    this.#writtenAt = this.#neighbours.now();
    this.#written = await write(this.#neighbours, (before) => {
      if (before === undefined) return found;
      return found.registrations < before.registrations ? before : { ...before, ...found };
    });
  }
}

/** Remembers what is there now although it is less: an operator has confirmed the loss for this version of the journal. */
export async function confirmLoss(found: Known, neighbours: Pick<KnownNeighbours, 'stream'>): Promise<void> {
  await write(neighbours, () => ({ ...found, confirmedVersion: found.version }));
}

/** Reads and writes behind a fence, so that no other process writes in between; answers the number written. */
async function write(
  { stream }: Pick<KnownNeighbours, 'stream'>,
  next: (before: Known | undefined) => Known,
): Promise<number> {
  const { topic, partition, groupId } = knownAt;
  const committer = stream.committer({ topic, partition, groupId, transactionalId: knownTransactionalId });
  try {
    const { metadata } = await committer.fence();
    const known = next(decodeKnown(metadata));
    await committer.commit(Math.max(0, known.version), encodeKnown(known));
    return known.registrations;
  } finally {
    await committer.close();
  }
}
