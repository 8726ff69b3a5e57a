import { readFileSync, writeFileSync } from 'node:fs';
import type { OwnedPartition } from '@tributary/flusher/partition.ts';
import type { OnStep } from '@tributary/service';

/** What a flusher has encoded. */
export interface EncodedWork {
  readonly rows: number;
  /** Time in which at least one cut was being encoded, ms. */
  readonly busyMs: number;
}

/** The variable that names the file in which a flusher writes down its encoded work. */
export const encodedVariable = 'TRIBUTARY_FAULT_ENCODED';

/** An `onStep` that adds up the rows that were encoded, and the time that it took. */
export function measureEncoding(now: () => number, tell: (work: EncodedWork) => void): OnStep {
  const open = new Map<string, number>();
  let [rows, busyMs, since] = [0, 0, 0];
  return ({ step, phase, subject, context }) => {
    if (step !== 'encode') return;
    if (open.size > 0) busyMs += now() - since;
    since = now();
    if (phase === 'before') {
      open.set(subject, rowsOf(context as OwnedPartition));
      return;
    }
    rows += open.get(subject) ?? 0;
    open.delete(subject);
    tell({ rows, busyMs });
  };
}

function rowsOf({ cut, collector }: OwnedPartition): number {
  if (cut === undefined || collector === undefined) return 0;
  return collector.upTo(cut.offset).reduce((sum, { kept }) => sum + kept.length, 0);
}

/** Writes encoded work down, for `readEncoded`. */
export const writeEncoded = (file: string, work: EncodedWork) => writeFileSync(file, JSON.stringify(work));

/** What was written down last. */
export const readEncoded = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as EncodedWork;
