import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { accountChangeAudit } from './account-change-audit.ts';
import { dnsActivity } from './dns-activity.ts';
import { fileActivity } from './file-activity.ts';
import { networkActivity } from './network-activity.ts';
import { processActivity } from './process-activity.ts';
import { registryValueActivity } from './registry-value-activity.ts';
import type { MappingTable } from './table.ts';

/** The one mapping table of each event class: rows, Arrow columns and the customers' mapping page all follow from it. */
export const mappingTables: Readonly<Record<EventClass, MappingTable>> = {
  'file-activity': fileActivity,
  'process-activity': processActivity,
  'network-activity': networkActivity,
  'registry-value-activity': registryValueActivity,
  'dns-activity': dnsActivity,
  'account-change-audit': accountChangeAudit,
};
