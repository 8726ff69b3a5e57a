import { Fault } from '@tributary/schemas/faults.ts';
import type { Stream, StreamAdmin } from '@tributary/stream';
import { type RejectedEntry, type RejectedFilter, readRejected } from './entries.ts';
import { failedAgain, type Marks, requeuedBefore } from './marks.ts';
import { isDone, Sender } from './sender.ts';

/** What a requeue works with. */
export interface RequeueParts {
  readonly stream: Stream;
  readonly admin: StreamAdmin;
  readonly now: () => number;
  readonly operator: string;
  /** Names the command in the audit log. */
  readonly requestId: string;
}

/** What a person asked for. */
export interface RequeueOptions {
  readonly dryRun: boolean;
  /** Also what was last requeued before this time, ms since the epoch; undefined: only what never was. */
  readonly again: number | undefined;
  /** Refuse when there are more events to send. */
  readonly limit: number;
}

/** What became of the events that were meant, or would in a dry run. */
export interface Requeue {
  readonly sent: number;
  /** Requeued before, and therefore left alone. */
  readonly before: number;
  /** Requeued before and rejected again: what was wrong isn't mended, so they are left alone as well. */
  readonly failedAgain: number;
  /** Events that Kafka doesn't take for their size, by their positions. */
  readonly tooLarge: readonly string[];
  /** Why others can't be sent, and how many. */
  readonly unfit: ReadonlyMap<string, number>;
}

/**
 * Produces the original bytes of rejected events to their agent topic again. Each goes there in one transaction with the
 * mark that says so, after the marks were read behind the fence: so none is produced twice, whoever dies or does the same
 * at the same time, unless `again` says so.
 */
export async function requeue(filter: RejectedFilter, options: RequeueOptions, parts: RequeueParts): Promise<Requeue> {
  if (options.dryRun) return (await look(filter, options, await requeuedBefore(parts), parts)).requeue;
  const sender = new Sender(parts, options.again);
  try {
    const { requeue: meant, events, to } = await look(filter, options, await sender.fence(), parts);
    if (meant.sent > options.limit)
      throw new Error(`${meant.sent} events are meant, more than --limit ${options.limit} allows. Nothing was sent.`);
    const onEntry = (entry: RejectedEntry) => (events.has(entry.event) ? sender.add(entry) : undefined);
    await readRejected(parts, filter, onEntry, to);
    await sender.flush();
    return { ...meant, sent: meant.sent - sender.tooLarge.length, tooLarge: sender.tooLarge };
  } catch (error) {
    throw inWords(error, options);
  } finally {
    await sender.close();
  }
}

/** What a fault of the transaction means to the person at the command line. */
function inWords(error: unknown, { again }: RequeueOptions): unknown {
  if (!(error instanceof Fault)) return error;
  if (error.code === 'fenced')
    return new Error('Another requeue was started meanwhile, so this one stopped. What it sent is marked.');
  const cause = (error.cause as Error | undefined)?.message ?? error.code;
  const how = again === undefined ? 'Do it again' : `Do it again with --again ${new Date(again).toISOString()}`;
  return new Error(`It isn’t known whether the last events were sent (${cause}). ${how}: what was sent is marked.`);
}

interface Looked {
  readonly requeue: Requeue;
  readonly events: ReadonlySet<string>;
  /** Everything before this offset of `rejected` was looked at. */
  readonly to: number;
}

async function look(
  filter: RejectedFilter,
  { again }: RequeueOptions,
  marks: Marks,
  parts: RequeueParts,
): Promise<Looked> {
  const events = new Set<string>();
  const unfit = new Map<string, number>();
  let [before, failed] = [0, 0];
  const to = await readRejected(parts, filter, (entry) => {
    const why = whyUnfit(entry);
    if (why !== undefined) unfit.set(why, (unfit.get(why) ?? 0) + 1);
    else if (isDone(marks.get(entry.event), again)) before += 1;
    else if (again === undefined && failedAgain(entry, marks)) failed += 1;
    else events.add(entry.event);
  });
  return { requeue: { sent: events.size, before, failedAgain: failed, tooLarge: [], unfit }, events, to };
}

/** Why there is nothing to be produced again; undefined where there is. */
export function whyUnfit({ fault, value, size }: RejectedEntry): string | undefined {
  if (fault === 'undecodable-batch')
    return 'a whole batch that can’t be decoded: its producer must send its events again';
  if (value !== null && value.length > 0) return undefined;
  return size > 0 ? 'too large to be kept: it is only in its agent topic' : 'it has no value';
}
