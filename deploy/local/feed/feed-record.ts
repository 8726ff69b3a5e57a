import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Activity as AgentActivity } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';

/** The fields of an activity by the agents' names; an absent field is left out. */
export type ActivityFields = Omit<AgentActivity, 'unmapped'>;

type HeadField = 'uuid' | 'accountId' | 'eventId' | 'eventSubId' | 'eventTime' | 'endpointGuid';

/** One activity as an agent sends it. */
export type Activity = ActivityFields & Required<Pick<ActivityFields, HeadField>>;

/** One record to feed: an activity, or bytes that are broken on purpose. */
export interface FeedRecord {
  readonly eventClass: EventClass;
  readonly uuid: string;
  /** Absent where the record is broken on purpose and names none. */
  readonly account?: string;
  /** Event time, ms since the epoch. */
  readonly time: number;
  /** Message key: the endpoint's guid. */
  readonly key: string;
  /** What must become of it: a subscriber of its account and class gets it, or it ends on `rejected`. */
  readonly fate: 'delivered' | 'rejected';
  /** The fault that a rejected record must be given. */
  readonly fault?: FaultCode;
  readonly payload: { readonly activity: Activity } | { readonly bytes: Buffer };
}

/** The record that feeds a sound activity. */
export function recordOf(eventClass: EventClass, activity: Activity): FeedRecord {
  return {
    eventClass,
    uuid: activity.uuid,
    account: activity.accountId,
    time: activity.eventTime,
    key: activity.endpointGuid,
    fate: 'delivered',
    payload: { activity },
  };
}

/**
 * The activity as the JSON that an agent writes: whole numbers of 64 bits (times, sizes) are text.
 *
 * Source: real records of the agents, e.g. `"eventTime":"1741046784337"`.
 */
export function jsonOf(activity: ActivityFields): Buffer {
  const wire = Object.entries(activity).map(([name, value]) => {
    const type = agentFields[name as AgentFieldName].type;
    return [name, type === 'time' || type === 'size' ? String(value) : value];
  });
  return Buffer.from(JSON.stringify(Object.fromEntries(wire)));
}
