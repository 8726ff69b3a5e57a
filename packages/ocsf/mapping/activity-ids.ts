import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { Condition } from './table.ts';

/** OCSF's activity_id by the agents' sub id; a sub id that is not here is 99, Other, with the agent's own name. */
export type ActivityIds = Readonly<Record<number, number>>;

/** What the agents' sub ids are in OCSF, where it has a word for them. */
export const activityIds: Readonly<Record<EventClass, ActivityIds>> = {
  // Open, Launch, Terminate, Launch (exec), Open (ptrace). Loading an image and connecting have no word.
  'process-activity': { 1: 3, 2: 1, 3: 2, 5: 1, 7: 3 },
  // A copy, a close and a listing have no word.
  'file-activity': { 101: 1, 102: 14, 103: 4, 104: 7, 106: 5, 108: 6, 109: 3, 110: 6, 112: 6, 113: 6 },
  // Listen has a word from 1.3.0 on.
  'network-activity': { 201: 1, 202: 7, 203: 1, 204: 1 },
  'dns-activity': { 301: 1 },
  // A key is set as its default value is. A save of a hive has no word.
  'registry-value-activity': { 401: 2, 402: 2, 403: 4, 404: 3, 405: 1, 406: 1, 407: 1 },
  // Impersonation, a change, login and logout have no word in this class.
  'account-change-audit': { 501: 1, 502: 6 },
};

/** A query that comes with its answers is both directions in one: Traffic. */
export const answered: { readonly condition: Condition; readonly ids: ActivityIds } = {
  condition: {
    rule: 'with its answers',
    uses: [],
    presenceOf: ['objectIps'],
    holds: (a) => a.objectIps !== undefined,
  },
  ids: { 301: 6 },
};

/**
 * The OCSF activity of `activity`, or the agent's own name (or number) of what happened where OCSF of this version has
 * no word for it. Without a sub id it is 0, Unknown.
 */
export function activityOf(
  { eventSubId }: Activity,
  { activities }: OcsfClassFacts,
  ids: ActivityIds,
): number | string {
  if (eventSubId === undefined) return 0;
  const id = ids[eventSubId];
  if (id !== undefined && activities[id] !== undefined) return id;
  return eventSubIds[eventSubId] ?? String(eventSubId);
}
