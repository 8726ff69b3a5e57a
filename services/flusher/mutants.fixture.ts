import type { FencedCommitter } from '@tributary/stream';
import { Marks } from './marks.ts';
import { decodeHandoffState, encodeHandoffState, type HandoffState } from './offset-metadata.ts';

/** What a test takes out of a partition's committed state. */
export interface MutatedState {
  /** A cut is never written down: each new owner chooses one of its own. */
  readonly journal?: boolean;
  /** A journalled cut is redone in parts of the new owner's size. */
  readonly partSize?: boolean;
  /** A new owner knows of no row that was seen. */
  readonly marks?: boolean;
}

/** A committer that loses what the test takes away, between the flusher and the broker; all else goes through it. */
export function mutateCommitter(
  committer: FencedCommitter,
  { taken, partRows }: { readonly taken: MutatedState; readonly partRows: number },
): FencedCommitter {
  const read = (metadata: string) => {
    if (metadata === '') return metadata;
    const state = decodeHandoffState(metadata);
    return encodeHandoffState({
      ...state,
      ...(taken.marks && { marks: Marks.none }),
      ...(taken.partSize && state.cut && { cut: { ...state.cut, partRows } }),
    });
  };
  return {
    ...committer,
    fence: async () => {
      const { offset, metadata } = await committer.fence();
      return { offset, metadata: read(metadata) };
    },
    commit: (offset, metadata) => committer.commit(offset, taken.journal ? withoutCut(metadata) : metadata),
  };
}

function withoutCut(metadata: string): string {
  const { cut: _, ...state }: HandoffState = decodeHandoffState(metadata);
  return encodeHandoffState(state);
}
