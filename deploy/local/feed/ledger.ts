import { type EventClass, isEventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { FeedRecord } from './feed-record.ts';

/** One event that the broker acknowledged, as a line of the ledger. */
export interface LedgerEntry {
  readonly uuid: string;
  readonly eventClass: EventClass;
  /** Absent where the record was broken on purpose and names none. */
  readonly account?: string;
  /** Event time, ms since the epoch. */
  readonly time: number;
  readonly fate: 'delivered' | 'rejected';
  /** The fault that a rejected record must be given. */
  readonly fault?: FaultCode;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** The entry of a record that lies at `position` for good. */
export function entryOf(
  { uuid, eventClass, account, time, fate, fault }: FeedRecord,
  position: { readonly topic: string; readonly partition: number; readonly offset: number },
): LedgerEntry {
  return {
    uuid,
    eventClass,
    ...(account === undefined ? {} : { account }),
    time,
    fate,
    ...(fault === undefined ? {} : { fault }),
    ...position,
  };
}

/** The entry of one line. Throws with the line's number when it is none. */
export function entryOfLine(line: string, lineNumber: number): LedgerEntry {
  let entry: Partial<LedgerEntry>;
  try {
    entry = JSON.parse(line) as Partial<LedgerEntry>;
  } catch {
    throw new Error(
      `Line ${lineNumber} of the ledger is no JSON: the feed that wrote it was killed, or the file was edited.`,
    );
  }
  if (typeof entry.uuid !== 'string' || !isEventClass(entry.eventClass ?? '') || !Number.isSafeInteger(entry.offset))
    throw new Error(`Line ${lineNumber} of the ledger has no uuid, event class or offset.`);
  return entry as LedgerEntry;
}

/** How many events must be delivered, per class and account, and how many rejected, per fault. */
export interface LedgerTotals {
  events: number;
  /** Class → account → events to deliver. */
  readonly delivered: Map<EventClass, Map<string, number>>;
  /** Fault → events to reject. */
  readonly rejected: Map<FaultCode, number>;
}

/** Totals of nothing yet. */
export function emptyTotals(): LedgerTotals {
  return { events: 0, delivered: new Map(), rejected: new Map() };
}

/** Counts one entry. */
export function addToTotals(totals: LedgerTotals, { eventClass, account, fate, fault }: LedgerEntry): void {
  totals.events += 1;
  if (fate === 'rejected') {
    if (fault !== undefined) totals.rejected.set(fault, (totals.rejected.get(fault) ?? 0) + 1);
    return;
  }
  const accounts = totals.delivered.get(eventClass) ?? new Map<string, number>();
  totals.delivered.set(eventClass, accounts);
  accounts.set(account ?? '', (accounts.get(account ?? '') ?? 0) + 1);
}

/** Whether `run` can name a run: it becomes a file name and part of every uuid. */
export function isRunName(run: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(run);
}
