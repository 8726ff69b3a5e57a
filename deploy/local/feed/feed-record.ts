import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Activity as AgentActivity } from '@tributary/schemas/kafka/activity.ts';

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
  /** What must become of it: a subscriber gets it, or it ends on `rejected`. */
  readonly fate: 'delivered' | 'rejected';
  readonly payload: { readonly activity: Activity } | { readonly bytes: Uint8Array };
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
