import { Fault } from '../faults.ts';

/** The highest source offset seen of a source partition, in an epoch. */
export type HandoffMark = readonly [epoch: number, partition: number, offset: number];

/** A cut that was chosen and is being delivered: the rows of [committed offset, `offset`), in parts of `partRows` rows. */
export interface JournalledCut {
  readonly offset: number;
  readonly partRows: number;
}

/** What a flusher's commit of a hand-off partition says besides the offset. Consumers read the marks of it. */
export interface HandoffCommit {
  /** Random, drawn when the partition had no committed offset: 16 hex digits. */
  readonly incarnation: string;
  /** When the window at the committed offset was opened, ms since the epoch. */
  readonly openedAt: number;
  /** At the committed offset: by epoch, then by source partition; none twice. */
  readonly marks: readonly HandoffMark[];
  readonly cut?: JournalledCut;
}

/** Kafka refuses longer offset metadata (broker setting `offset.metadata.max.bytes`). */
export const metadataBytesMax = 4096;

const release = '1';

/**
 * `1;<incarnation>;<opened at>;<cut>;<rows per part>;<epoch>:<mark of partition 0>.<mark of partition 1>.…,<epoch>:…`
 * with numbers in base 36 and nothing where there is no mark. Throws Fault('too-many-source-partitions') when it
 * doesn't fit into 4 KB.
 */
export function encodeHandoffCommit(commit: HandoffCommit): string {
  const byEpoch = new Map<number, string[]>();
  for (const [epoch, partition, offset] of commit.marks) {
    const marks = byEpoch.get(epoch) ?? [];
    byEpoch.set(epoch, marks);
    while (marks.length < partition) marks.push('');
    marks[partition] = offset.toString(36);
  }
  const marks = [...byEpoch].map(([epoch, offsets]) => `${epoch.toString(36)}:${offsets.join('.')}`).join(',');
  const cut = commit.cut === undefined ? ';' : `${commit.cut.offset.toString(36)};${commit.cut.partRows.toString(36)}`;
  const text = `${release};${commit.incarnation};${commit.openedAt.toString(36)};${cut};${marks}`;
  if (text.length > metadataBytesMax) throw new Fault('too-many-source-partitions', `${text.length} bytes`);
  return text;
}

/** The inverse of `encodeHandoffCommit`. Throws Fault('invalid-offset-metadata') for anything else. */
export function decodeHandoffCommit(text: string): HandoffCommit {
  const [version, incarnation, openedAt, cut, partRows, marks, ...rest] = text.split(';');
  if (version !== release || marks === undefined || rest.length > 0 || !/^[0-9a-f]{16}$/.test(incarnation!)) {
    throw new Fault('invalid-offset-metadata', `starts with ${JSON.stringify(text.slice(0, 24))}`);
  }
  const entries = marks === '' ? [] : marks.split(',').flatMap(decodeEpoch);
  const state = { incarnation: incarnation!, openedAt: number36(openedAt!), marks: entries };
  if (cut === '') return state;
  return { ...state, cut: { offset: number36(cut!), partRows: number36(partRows!) } };
}

function decodeEpoch(text: string): HandoffMark[] {
  const [epoch, offsets] = text.split(':');
  if (offsets === undefined) throw new Fault('invalid-offset-metadata', 'marks without an epoch');
  const entries = offsets.split('.').map((offset, partition) => [number36(epoch!), partition, offset] as const);
  return entries
    .filter(([, , offset]) => offset !== '')
    .map(([at, partition, offset]) => [at, partition, number36(offset)]);
}

function number36(text: string): number {
  const value = Number.parseInt(text, 36);
  if (!/^[0-9a-z]+$/.test(text) || !Number.isSafeInteger(value))
    throw new Fault('invalid-offset-metadata', 'not a number');
  return value;
}
