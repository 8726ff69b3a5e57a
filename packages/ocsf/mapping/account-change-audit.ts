import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import { type Condition, captioned, field, type MappingTable } from './table.ts';
import { onlyUserLoggedOn, user } from './user.ts';

/** The agents' values are not published: these words can mean nothing else. */
const statusIds = new Map([
  ['success', 1],
  ['succeeded', 1],
  ['successful', 1],
  ['failure', 2],
  ['failed', 2],
  ['fail', 2],
]);

const loginOrLogout: Condition = {
  rule: 'login or logout that names no user',
  uses: ['eventSubId'],
  presenceOf: ['objectUser'],
  holds: (a) => (a.eventSubId === 505 || a.eventSubId === 506) && a.objectUser === undefined,
};

const verbs = {
  501: ' added the account ',
  502: ' deleted the account ',
  503: ' impersonated ',
  504: ' modified the account ',
  505: ' recorded the login of ',
  506: ' recorded the logout of ',
} as const;

/** OCSF 3001 from the agents' TELEMETRY_ACCOUNT: the object is the account that changed. */
export const accountChangeAudit: MappingTable = {
  columns: [
    ...base('account-change-audit'),
    ...device(),
    ...actor(),
    ...user('user', { name: 'objectUser', domain: 'objectUserDomain', group: 'objectUserGroup' }),
    ...onlyUserLoggedOn('user', loginOrLogout),
    field('src_endpoint.ip', 'objectLoginOutSourceAddress'),
    ...captioned('status_id', 'status', 'Success and Failure by their words', ['objectLoginOutStatus'], (a) => {
      const status = a.objectLoginOutStatus;
      return status === undefined ? undefined : (statusIds.get(status.toLowerCase()) ?? status);
    }),
    field('status_detail', 'objectLoginOutFailureMessage'),
  ],
  observables: [...commonObservables, observable('user', 'user.name'), observable('address', 'src_endpoint.ip')],
  message: [...whoActed, verb(verbs), told('user.name', 'an account'), ...onHost],
  kept: [...deviceKept, ...actorKept],
};
