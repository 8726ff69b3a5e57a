import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { actor, actorKept, onlyUserLoggedOn } from './process.ts';
import { type Condition, field, type MappingTable } from './table.ts';
import { user } from './user.ts';

const activityIds = { 501: 1, 502: 6 } as const;
const loginOrLogout: Condition = {
  rule: 'login or logout that names no user',
  uses: ['eventSubId'],
  presenceOf: ['objectUser'],
  holds: (a) => (a.eventSubId === 505 || a.eventSubId === 506) && a.objectUser === undefined,
};

/** OCSF 3001 from the agents' TELEMETRY_ACCOUNT: the object is the account that changed. */
export const accountChangeAudit: MappingTable = {
  columns: [
    ...base('account-change-audit', activityIds),
    ...device(),
    ...actor(),
    ...user('user', { name: 'objectUser', domain: 'objectUserDomain', group: 'objectUserGroup' }),
    ...onlyUserLoggedOn('user', loginOrLogout),
    field('src_endpoint.ip', 'objectLoginOutSourceAddress'),
    field('status_detail', 'objectLoginOutFailureMessage'),
  ],
  observables: [],
  message: [],
  kept: [...deviceKept, ...actorKept],
};
