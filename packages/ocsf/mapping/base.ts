import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { eventClasses } from '@tributary/schemas/event-classes.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import { type ActivityIds, activityIds, activityOf, answered } from './activity-ids.ts';
import { cloudProviderOf } from './device.ts';
import { captioned, constant, derived, type Entry, field, instant, when } from './table.ts';
import { offsetMinutes } from './text.ts';

/** The product in whose name we deliver, as metadata.product says it. */
export const product = { vendorName: 'Trend Micro', name: 'Cloud One - Endpoint & Workload Security' } as const;

/** A Map: an agent's word may be `constructor`. */
const severities = new Map([
  ['info', 1],
  ['informational', 1],
  ['low', 2],
  ['medium', 3],
  ['high', 4],
  ['critical', 5],
]);

/** The columns that every class begins with: what happened, in which class, when, how severe, and who says so. */
export function base(eventClass: EventClass): Entry[] {
  const { classUid, className, categoryUid, categoryName } = eventClasses[eventClass];
  const byActivity = (entriesOf: (ids: ActivityIds) => Entry[]) => [
    ...(eventClass === 'dns-activity' ? when(answered.condition, entriesOf(answered.ids)) : []),
    ...entriesOf(activityIds[eventClass]),
  ];
  return [
    ...byActivity(activityColumns),
    constant('category_uid', categoryUid),
    constant('category_name', categoryName),
    constant('class_uid', classUid),
    constant('class_name', className),
    ...byActivity((own) => typeColumns(classUid, className, own)),
    ...captioned('severity_id', 'severity', 'risk level; Informational without one', ['filterRiskLevel'], (a) => {
      if (a.filterRiskLevel === undefined) return 1;
      return severities.get(a.filterRiskLevel.toLowerCase()) ?? a.filterRiskLevel;
    }),
    ...instant('time', 'eventTime'),
    ...instant('start_time', 'firstSeen'),
    ...instant('end_time', 'lastSeen'),
    derived('timezone_offset', 'minutes east of UTC', ['timezone'], (a) => a.timezone && offsetMinutes(a.timezone)),
    ...metadata(),
  ];
}

function activityColumns(ids: ActivityIds): Entry[] {
  return captioned('activity_id', 'activity_name', 'by sub id', ['eventSubId'], (a, facts) =>
    activityOf(a, facts, ids),
  );
}

/** `type_uid` says the class, and so the agent's event id. */
function typeColumns(classUid: number, className: string, ids: ActivityIds): Entry[] {
  const idOf = (activity: Activity, facts: OcsfClassFacts): number => {
    const id = activityOf(activity, facts, ids);
    return typeof id === 'number' ? id : 99;
  };
  return [
    derived(
      'type_uid',
      'class_uid * 100 + activity_id',
      ['eventSubId'],
      (a, facts) => classUid * 100 + idOf(a, facts),
      ['eventId'],
    ),
    derived(
      'type_name',
      'class_name: caption of activity_id',
      ['eventSubId'],
      (a, facts) => `${className}: ${facts.activities[idOf(a, facts)]}`,
      [],
    ),
  ];
}

function metadata(): Entry[] {
  return [
    derived('metadata.version', 'OCSF version', [], (_, facts) => facts.version),
    field('metadata.uid', 'uuid'),
    field('metadata.event_code', 'eventSubId'),
    field('metadata.tenant_uid', 'accountId'),
    ...instant('metadata.logged_time', 'logReceivedTime'),
    field('metadata.original_time', 'eventTime'),
    derived(
      'metadata.profiles',
      'host, datetime, and cloud where the provider is known',
      ['cloudProvider', 'awsAccountId'],
      (a) => (cloudProviderOf(a) === undefined ? ['host', 'datetime'] : ['cloud', 'host', 'datetime']),
      [],
    ),
    field('metadata.labels', 'tags'),
    constant('metadata.product.vendor_name', product.vendorName),
    constant('metadata.product.name', product.name),
    field('metadata.product.uid', 'productCode'),
    field('metadata.product.version', 'pver'),
  ];
}
