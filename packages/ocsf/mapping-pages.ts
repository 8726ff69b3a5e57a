import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import type { Mapping } from './coverage.ts';
import { mappingTables } from './mapping/tables.ts';
import { unmappedReason, unmappedReasonTexts } from './mapping/unmapped-reasons.ts';
import { mappingPage } from './mapping-page.ts';
import { examplesOf } from './mapping-page-examples.ts';
import { mappingReadme } from './mapping-page-readme.ts';

/** The mapping that is in force: all that coverage, pages and explanations are made from. */
export const mapping: Mapping = {
  tables: mappingTables,
  reasonOf: (eventClass, field) => {
    const reason = unmappedReason(eventClass, field);
    return reason && unmappedReasonTexts[reason];
  },
};

/** Believable activities for the examples of the pages, and the clock of theirs, ms since the epoch. */
export interface Samples {
  readonly of: (eventClass: EventClass) => readonly Readonly<Record<string, unknown>>[];
  readonly now: number;
}

/** The customers' pages about the mapping: file name in `docs/mapping` → text. The same mapping gives the same pages. */
export function mappingPages(samples: Samples): ReadonlyMap<string, string> {
  const pages = eventClassNames.map((eventClass) => {
    const examples = examplesOf(eventClass, ocsfVersions, samples.of(eventClass), samples.now);
    return [`${eventClass}.md`, mappingPage(eventClass, mapping, examples)] as const;
  });
  return new Map([['README.md', mappingReadme(mapping)], ...pages]);
}
