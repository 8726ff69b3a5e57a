import { basename } from 'node:path';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { FeedRecord } from './feed-record.ts';
import { acrossMidnight, type HardCaseOptions, longStrings, poison } from './hard-cases.ts';
import { linesOf } from './node-fs.ts';
import { createRecording, emptySurvey, eventOfLine, surveyEvent } from './recording.ts';

/** How a recorded file is played. */
export interface PlayOptions {
  readonly run: string;
  readonly accounts: readonly string[];
  readonly accountOfHost?: ReadonlyMap<string, string>;
  /** When the earliest event is to have happened, ms since the epoch; absent: when it did. */
  readonly startMs?: number;
  /** Called with the name of each event that no agent reports. */
  readonly onSkipped: (name: string) => void;
}

/** The records of a recording, read twice: once for what its hosts are, once for what they did. */
export async function* recordingRecords(path: string, options: PlayOptions): AsyncGenerator<FeedRecord> {
  const survey = emptySurvey();
  for await (const line of linesOf(path)) surveyEvent(survey, eventOfLine(line) ?? {});
  const { run, accounts, accountOfHost, startMs, onSkipped } = options;
  const read = createRecording(survey, {
    recording: basename(path),
    run,
    accounts,
    ...(accountOfHost === undefined ? {} : { accountOfHost }),
    shiftMs: startMs === undefined || !Number.isFinite(survey.earliest) ? 0 : startMs - survey.earliest,
  });
  let lineNumber = 0;
  for await (const line of linesOf(path)) {
    lineNumber += 1;
    const outcome = read(line, lineNumber);
    if ('record' in outcome) yield outcome.record;
    else onSkipped(outcome.skipped);
  }
}

/** Every hard case there is: the last midnight, long strings, and poison for each class (see hard-cases.ts). */
export function* hardCaseRecords(
  options: HardCaseOptions,
  nowMs: number,
  schemaIdOf: (eventClass: EventClass) => number | undefined,
): Generator<FeedRecord> {
  yield* acrossMidnight(options, nowMs, 60);
  yield* longStrings(options, nowMs);
  for (const eventClass of eventClassNames) yield* poison(options, eventClass, nowMs, schemaIdOf(eventClass));
}
