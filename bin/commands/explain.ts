import { readFileSync } from 'node:fs';
import { explain, rowAsJson } from '@tributary/ocsf/explanation.ts';
import { mapping } from '@tributary/ocsf/mapping-pages.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import { type Command, Option } from 'commander';
import { classOf, eventsIn } from '../event-file.ts';
import { viewText } from '../explain-view.ts';

interface ExplainOptions {
  readonly class?: EventClass;
  readonly ocsfVersion: OcsfVersion;
  readonly json?: true;
}

/** Where a command reads and writes, so that a test can stand in for the terminal. */
export interface Surroundings {
  /** The bytes of a file; `-` is standard input. */
  readonly read: (file: string) => Buffer;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Columns of the terminal. */
  readonly width: number;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Explains every event of a file. Answers how many of them would be rejected. */
export function explainFile(file: string, options: ExplainOptions, surroundings: Surroundings): number {
  const { print, complain, width, now } = surroundings;
  const events = eventsIn(surroundings.read(file));
  let rejected = 0;
  for (const [index, raw] of events.entries()) {
    const eventClass = options.class ?? classOf(raw);
    const explanation = explain(raw, { eventClass, version: options.ocsfVersion, mapping, now });
    const place = events.length === 1 ? '' : `event ${index + 1} of ${events.length}: `;
    if (explanation.outcome === 'reject') rejected += 1;
    if (!options.json) {
      const title = `${place}${eventClass} in OCSF ${options.ocsfVersion}`;
      print(viewText({ title, raw, explanation, width }));
    } else if (explanation.outcome === 'ok') print(JSON.stringify(rowAsJson(explanation.row.values)));
    else complain(`${place}rejected, ${explanation.fault}: ${explanation.reason}. ${explanation.advice}`);
  }
  return rejected;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`There is no file ${file}.`);
    throw new Error(code === 'EISDIR' ? `${file} is a folder. Name one file.` : message);
  }
}

/** `tributary explain`: one event beside the OCSF record that it becomes. */
export function add(program: Command) {
  program
    .command('explain <file>')
    .description('shows events beside the OCSF records that they become; - reads standard input')
    .addOption(new Option('--class <class>', 'their event class (default: what eventId says)').choices(eventClassNames))
    .addOption(
      new Option('--ocsf-version <version>', 'as a registration names it').choices(ocsfVersions).default('1.1.0'),
    )
    .option('--json', 'only the OCSF records, one on each line; what is rejected goes to standard error')
    .addHelpText(
      'after',
      `
The file holds one event as a JSON object, or one on each line. Avro is not read: it can be decoded only with its registry.
The exit code is 1 where --json had to leave an event out.

Examples:
  npx tributary explain event.json
  npx tributary explain - --class dns-activity --ocsf-version 1.3.0 --json < events.jsonl`,
    )
    .action((file: string, options: ExplainOptions) => {
      const rejected = explainFile(file, options, {
        read,
        print: (line) => console.log(line),
        complain: (line) => console.error(line),
        width: process.stdout.columns ?? 80,
        now: Date.now(),
      });
      if (options.json && rejected > 0) process.exitCode = 1;
    });
}
