import {
  decodeHandoffCommit,
  encodeHandoffCommit,
  type HandoffCommit,
} from '@tributary/schemas/kafka/handoff-commit.ts';
import { Marks } from './marks.ts';

/** What a hand-off partition's committed offset says besides the offset. */
export interface HandoffState extends Omit<HandoffCommit, 'marks'> {
  /** The marks at the committed offset. */
  readonly marks: Marks;
}

/** As `encodeHandoffCommit` writes it. Throws Fault('too-many-source-partitions') when it doesn't fit into 4 KB. */
export function encodeHandoffState(state: HandoffState): string {
  return encodeHandoffCommit({ ...state, marks: [...state.marks.entries()] });
}

/** The inverse of `encodeHandoffState`. Throws Fault('invalid-offset-metadata') for anything else. */
export function decodeHandoffState(text: string): HandoffState {
  const { marks, ...rest } = decodeHandoffCommit(text);
  return { ...rest, marks: Marks.of(marks) };
}
