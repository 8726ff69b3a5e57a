/**
 * The six event classes, as a customer names them, and the OCSF class each becomes.
 *
 * Source: OCSF 1.1.0 (class uid and category are the same in 1.3.0); `agentEventId` is the agents' `eventId`.
 */
export const eventClasses = {
  'file-activity': {
    classUid: 1001,
    className: 'File System Activity',
    categoryUid: 1,
    categoryName: 'System Activity',
    schemaName: 'file_activity',
    agentEventId: 2,
  },
  'process-activity': {
    classUid: 1007,
    className: 'Process Activity',
    categoryUid: 1,
    categoryName: 'System Activity',
    schemaName: 'process_activity',
    agentEventId: 1,
  },
  'network-activity': {
    classUid: 4001,
    className: 'Network Activity',
    categoryUid: 4,
    categoryName: 'Network Activity',
    schemaName: 'network_activity',
    agentEventId: 3,
  },
  'registry-value-activity': {
    classUid: 201002,
    className: 'Registry Value Activity',
    categoryUid: 1,
    categoryName: 'System Activity',
    schemaName: 'registry_value_activity',
    agentEventId: 5,
  },
  'dns-activity': {
    classUid: 4003,
    className: 'DNS Activity',
    categoryUid: 4,
    categoryName: 'Network Activity',
    schemaName: 'dns_activity',
    agentEventId: 4,
  },
  'account-change-audit': {
    classUid: 3001,
    className: 'Account Change',
    categoryUid: 3,
    categoryName: 'Identity & Access Management',
    schemaName: 'account_change',
    agentEventId: 6,
  },
} as const;

/** The customer's name of an event class, which is also the last part of its two Kafka topics. */
export type EventClass = keyof typeof eventClasses;

/** All event classes, in the order in which tables show them. */
export const eventClassNames = Object.keys(eventClasses) as EventClass[];

/** True when `name` is one of the six event classes. */
export function isEventClass(name: string): name is EventClass {
  return Object.hasOwn(eventClasses, name);
}
