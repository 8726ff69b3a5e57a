/** A place of our code in which a guard stands, and what stands there without it. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs there once. */
  readonly guard: string;
  readonly without: string;
}

/** Our services with one guard taken out, as processes. */
export interface Mutant {
  readonly sentence: string;
  readonly edits: readonly Edit[];
}

/** The variable that names the mutants of a process, joined by commas. */
export const mutantsVariable = 'TRIBUTARY_FAULT_MUTANTS';

/** Every mutant that the services of a run can be started as, to show that the checker sees it. */
export const mutants = {
  'conditional-put': {
    sentence: 'an object is put whether it is there or not',
    edits: [{ file: 'packages/lake/aws-s3.ts', guard: "    IfNoneMatch: '*',\n", without: '' }],
  },
  durable: {
    sentence: 'a put that was refused passes for done',
    edits: [
      {
        file: 'packages/lake/aws-s3.ts',
        guard: 'throw fault;',
        without: "if (fault.code === 'lake-unavailable') throw fault; return { outcome: 'created' };",
      },
    ],
  },
  tenant: {
    sentence: 'the events of an account go to the registration of another',
    edits: [
      {
        file: 'services/consumer/steps/match.ts',
        guard: 'subscriptions.find(accountId,',
        without: "subscriptions.find(accountId.replace(/3$/, '4'),",
      },
    ],
  },
  fence: {
    sentence: 'a former owner of a partition can still commit',
    edits: [
      {
        file: 'services/flusher/service.ts',
        guard: 'transactionalId: flusherTransactionalId(',
        without: 'transactionalId: process.pid + flusherTransactionalId(',
      },
    ],
  },
  marks: {
    sentence: 'a row that is handed off again goes out again (and consumers hand off again whatever they can)',
    edits: [
      {
        file: 'services/flusher/collector.ts',
        guard: 'rowsAbove(one.rows, this.#marks)',
        without: 'rowsAbove(one.rows, this.#marks.constructor.none)',
      },
      {
        file: 'services/consumer/steps/commit.ts',
        guard: 'await member.commit(',
        without: 'await (async (..._) => undefined)(',
      },
    ],
  },
} as const satisfies Record<string, Mutant>;
export type MutantName = keyof typeof mutants;
/** The names of all mutants. */
export const mutantNames = Object.keys(mutants) as MutantName[];

/** The text of a file with all that the mutants change in it; throws when a guard isn't where it is said to be. */
export function mutated(file: string, text: string, names: readonly MutantName[]): string {
  const edits = names.flatMap((name): readonly Edit[] => mutants[name].edits);
  return edits
    .filter((edit) => edit.file === file)
    .reduce((changed, { guard, without }) => {
      if (changed.split(guard).length !== 2) throw new Error(`${file} has not exactly one: ${guard}`);
      return changed.replace(guard, () => without);
    }, text);
}
