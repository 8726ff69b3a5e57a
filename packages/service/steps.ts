import { inSpan } from './spans.ts';

/** One named step of a pipeline. It changes the context, and throws a Fault when the pipeline can't go on. */
export interface Step<Context> {
  readonly name: string;
  readonly run: (context: Context) => Promise<void> | void;
}

/** What `onStep` is told: which step of which subject (a partition, a batch) is about to run or has run. */
export interface StepEvent {
  readonly step: string;
  readonly phase: 'before' | 'after';
  readonly subject: string;
  /** What the step works on, for a test to look at. */
  readonly context: unknown;
}

/** Handed in by `main`; tests kill or fail the process here. Production code has no other hook. */
export type OnStep = (event: StepEvent) => Promise<void> | void;

/** Runs the steps in order. A throw ends the run: nothing after it happens. */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  subject: string,
  onStep: OnStep,
): Promise<void> {
  for (const step of steps) {
    await onStep({ step: step.name, phase: 'before', subject, context });
    await inSpan(step.name, {}, async () => step.run(context));
    await onStep({ step: step.name, phase: 'after', subject, context });
  }
}
