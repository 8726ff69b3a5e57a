import type { FaultCode } from '@tributary/schemas/faults.ts';
import { type LakeCall, type LakeFaultKind, lakeCalls } from './lake-answers.ts';
import { type Column, tableOf } from './report-table.ts';

/** One field of the grid: which call of one customer fails, and how. */
export interface Cell {
  readonly call: LakeCall;
  readonly kind: LakeFaultKind;
}

/** What of `lakeFaultKinds` the grid has, in the order of its table. */
export const gridKinds: readonly LakeFaultKind[] = [
  ...(['403', '404', '409', '412', '429', '500', '503'] as const),
  ...(['reset', 'lost-answer', 'slow', 'expired'] as const),
];

/** All fields of the grid. */
export const gridCells: readonly Cell[] = lakeCalls.flatMap((call) => gridKinds.map((kind) => ({ call, kind })));

/** The name of a field, as one writes it on the command line. */
export const nameOfCell = ({ call, kind }: Cell) => `${call}:${kind}`;

/**
 * What its customer must read meanwhile; undefined where nothing fails for long: a 412 says that the object is there, and an
 * ended session is replaced by a new one.
 */
export function expectedFault({ call, kind }: Cell): FaultCode | undefined {
  if (kind === '429' || kind === '503') return 'lake-throttled';
  if (['500', 'reset', 'lost-answer', 'slow', 'hang'].includes(kind)) return 'lake-unavailable';
  // It is our own session that has ended: nothing that the customer could mend.
  if (call === 'AssumeRole') return kind === 'expired' ? 'lake-unavailable' : 'role-refused';
  const ofPut = { '403': 'put-refused', '404': 'bucket-missing', '409': 'lake-conflict' } as const;
  return ofPut[kind as keyof typeof ofPut];
}

/** What was found of one field. */
export interface CellResult extends Cell {
  /** Calls that were met by it. */
  readonly met: number;
  /** All other customers: events, the slowest of them in seconds, and whether each of them is once in its own lake. */
  readonly others: { readonly events: number; readonly slowest: number; readonly clean: boolean };
  /** State and fault, as the customer read them. */
  readonly said: string;
  readonly expected: string;
  /** Events of the failing customer, and when the last of them was in its lake, in seconds after the healing; 0 for before it. */
  readonly events: number;
  readonly recovered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly misrouted: number;
}

/** What of a field isn't as promised; `slowestAllowed` is one window and ten seconds, in seconds. */
export function brokenOf(result: CellResult, slowestAllowed: number): string[] {
  const { met, others, said, expected, events, lost, duplicated, misrouted } = result;
  return [
    ...(met === 0 ? ['no call was met by it'] : []),
    ...(events === 0 ? ['nothing was delivered'] : []),
    ...(lost + duplicated + misrouted > 0 ? [`${lost} lost, ${duplicated} doubled, ${misrouted} misrouted`] : []),
    ...(said === expected ? [] : [`its status was "${said}", expected "${expected}"`]),
    ...(others.clean ? [] : ['events of the others are missing or doubled']),
    ...(others.slowest <= slowestAllowed ? [] : [`the others took ${others.slowest} s, at most ${slowestAllowed} s`]),
  ];
}

const sentenceOf = ({ events, recovered, lost }: CellResult) =>
  lost > 0
    ? `${events}, **${lost} lost**`
    : recovered > 0
      ? `${events}, ${recovered} s after healing`
      : `${events}, meanwhile`;

/** The table of the grid in `docs/reliability.md`. */
export const gridColumns: readonly Column<CellResult>[] = [
  { head: 'call', cell: ({ call }) => call, shape: /AssumeRole|PutObject/ },
  { head: 'answer', cell: ({ kind }) => kind, shape: /[a-z0-9-]+/ },
  { head: 'calls met', cell: ({ met }) => met, shape: /[1-9]\d*/ },
  {
    head: 'slowest of the others',
    cell: ({ others }) => `${others.slowest} s of ${others.events}`,
    shape: /\d+(\.\d)? s of \d+/,
  },
  { head: 'its status meanwhile', cell: ({ said }) => said, shape: /active|failing [a-z-]+/ },
  { head: 'its events delivered', cell: sentenceOf, shape: /[1-9]\d*, (\d+(\.\d)? s after healing|meanwhile)/ },
  { head: 'lost', cell: ({ lost }) => lost, shape: /0/ },
  { head: 'doubled', cell: ({ duplicated }) => duplicated, shape: /0/ },
  { head: 'misrouted', cell: ({ misrouted }) => misrouted, shape: /0/ },
];

/** The table of these fields. */
export const tableOfGrid = (results: readonly CellResult[]) => tableOf(gridColumns, results);
