import { auditMessage } from '@tributary/registration/audit.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { requeueTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import { requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import type { AtomicPublisher, OutgoingRecord, Stream, StreamAdmin } from '@tributary/stream';
import { type OperationsReader, operationRecord, readOperations } from '../operations.ts';
import { type RejectedEntry, type RejectedFilter, readRejected } from './entries.ts';

/** Where operators who requeue at the same time fence each other: always the same, or both could send the same event. */
/** How much goes into one transaction, below what a topic takes in one batch. */
const together = { events: 500, bytes: 700_000 } as const;
/** A longer list of events is cut in the audit log; the marks have all of them. */
const auditedMax = 100;

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
  /** Why others can't be sent, and how many. */
  readonly unfit: ReadonlyMap<string, number>;
}

/** The events that were requeued before, by their positions: when last, ms since the epoch. */
export async function requeuedBefore(kafka: OperationsReader): Promise<Map<string, number>> {
  const operations = await readOperations(kafka);
  return new Map(operations.flatMap((one) => (one.kind === 'requeued' ? [[one.event, one.at] as const] : [])));
}

/**
 * Produces the original bytes of rejected events to their agent topic again. Each goes there in one transaction with the
 * mark that says so, after the marks were read behind the fence: so none is produced twice, whoever dies or does the same
 * at the same time, unless `again` says so.
 */
export async function requeue(filter: RejectedFilter, options: RequeueOptions, parts: RequeueParts): Promise<Requeue> {
  const { stream } = parts;
  if (options.dryRun) return (await look(filter, options, parts)).requeue;
  const publisher = stream.atomicPublisher({ transactionalId: requeueTransactionalId, compression: 'zstd' });
  try {
    await publisher.fence();
    const looked = await look(filter, options, parts);
    if (looked.requeue.sent > options.limit)
      throw new Error(
        `${looked.requeue.sent} events are meant, more than --limit ${options.limit} allows. Nothing was sent.`,
      );
    await send(filter, looked, publisher, parts);
    return looked.requeue;
  } catch (error) {
    throw inWords(error, options);
  } finally {
    await publisher.close();
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

async function look(filter: RejectedFilter, { again }: RequeueOptions, parts: RequeueParts): Promise<Looked> {
  const marked = await requeuedBefore(parts);
  const events = new Set<string>();
  const unfit = new Map<string, number>();
  let [before, failedAgain] = [0, 0];
  const to = await readRejected(parts, filter, (entry) => {
    const why = whyUnfit(entry);
    if (why !== undefined) unfit.set(why, (unfit.get(why) ?? 0) + 1);
    else if ((marked.get(entry.event) ?? Number.NEGATIVE_INFINITY) >= (again ?? 0)) before += 1;
    else if (entry.requeuedFrom !== undefined && again === undefined) failedAgain += 1;
    else events.add(entry.event);
  });
  return { requeue: { sent: events.size, before, failedAgain, unfit }, events, to };
}

/** Why there is nothing to be produced again; undefined where there is. */
export function whyUnfit({ fault, value, size }: RejectedEntry): string | undefined {
  if (fault === 'undecodable-batch')
    return 'a whole batch that can’t be decoded: its producer must send its events again';
  if (value !== null && value.length > 0) return undefined;
  return size > 0 ? 'too large to be kept: it is only in its agent topic' : 'it has no value';
}

async function send(
  filter: RejectedFilter,
  { events, to }: Looked,
  publisher: AtomicPublisher,
  parts: RequeueParts,
): Promise<void> {
  let waiting: RejectedEntry[] = [];
  let bytes = 0;
  const flush = async () => {
    const entries = waiting;
    waiting = [];
    bytes = 0;
    if (entries.length > 0)
      await publisher.publish([...entries.flatMap((one) => twoOf(one, parts)), ...audits(entries, parts)]);
  };
  const onEntry = async (entry: RejectedEntry) => {
    if (!events.has(entry.event)) return;
    if (waiting.length >= together.events || bytes + entry.size > together.bytes) await flush();
    waiting.push(entry);
    bytes += entry.size;
  };
  await readRejected(parts, filter, onEntry, to);
  await flush();
}

/** The event on its second way, and the mark. Without its former headers, which aren't kept and nobody reads. */
function twoOf(
  { event, eventClass, partition, key, value }: RejectedEntry,
  { now, operator }: RequeueParts,
): OutgoingRecord[] {
  return [
    {
      ...{ topic: agentTopic(eventClass), partition, value },
      key: key ?? null,
      headers: { [requeuedHeader]: event },
    },
    operationRecord({ kind: 'requeued', event, at: now(), operator }),
  ];
}

/** One record of the audit log for each account and class; of whom nobody knows, `unknown`. */
function audits(entries: readonly RejectedEntry[], { now, operator, requestId }: RequeueParts): OutgoingRecord[] {
  const groups = Map.groupBy(entries, ({ account, eventClass }) => `${account ?? ''}/${eventClass}`);
  return [...groups.values()].map((own) => {
    const [{ account, eventClass }] = own as [RejectedEntry];
    return auditMessage({
      at: new Date(now()).toISOString(),
      account: account ?? 'unknown',
      actor: { kind: 'operator', name: operator },
      action: 'rejected.requeue',
      subject: subjectOf(account, eventClass),
      after: { events: own.slice(0, auditedMax).map(({ event }) => event), count: own.length },
      requestId,
    });
  });
}

function subjectOf(account: string | undefined, eventClass: EventClass) {
  return account === undefined ? (`rejected/${eventClass}` as const) : registrationId(account, eventClass);
}
