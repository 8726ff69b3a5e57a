import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { actor, actorKept } from './process.ts';
import { derived, field, type MappingTable, subIdIn, when } from './table.ts';
import { user } from './user.ts';

const activityIds = { 501: 1, 502: 6 } as const;
const loginOrLogout = subIdIn([505, 506], 'login or logout');

/** OCSF 3001 from the agents' TELEMETRY_ACCOUNT: the object is the account that changed. */
export const accountChangeAudit: MappingTable = {
  columns: [
    ...base('account-change-audit', activityIds),
    ...device(),
    ...actor(),
    ...user('user', { name: 'objectUser', domain: 'objectUserDomain', group: 'objectUserGroup' }),
    ...when(loginOrLogout, [
      derived('user.name', 'the only user logged on', ['logonUser'], (a) => {
        return a.logonUser?.length === 1 ? a.logonUser[0] : undefined;
      }),
    ]),
    field('src_endpoint.ip', 'objectLoginOutSourceAddress'),
    field('status_detail', 'objectLoginOutFailureMessage'),
  ],
  kept: [...deviceKept, ...actorKept],
};
