import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import { captioned, derived, field, type MappingTable } from './table.ts';

/** Windows' number of each REG_ type (winnt.h) as OCSF's. */
const regTypes: Readonly<Record<number, number>> = { 0: 7, 1: 10, 2: 4, 3: 1, 4: 2, 5: 3, 6: 5, 7: 6, 11: 8 };

const activityIds = { 401: 2, 402: 2, 403: 4, 404: 3, 405: 1, 406: 1, 407: 1 } as const;

const verbs = {
  401: ' created ',
  402: ' set ',
  403: ' deleted ',
  404: ' renamed ',
  405: ' listed ',
  406: ' listed the value ',
  407: ' read ',
  408: ' saved ',
} as const;

/** OCSF 201002 (Windows extension) from the agents' TELEMETRY_REGISTRY. */
export const registryValueActivity: MappingTable = {
  columns: [
    ...base('registry-value-activity', activityIds),
    ...device(),
    ...actor(),
    field('reg_value.path', 'objectRegistryKeyHandle'),
    derived('reg_value.name', '(Default) without a name', ['objectRegistryValue'], (a) => {
      return a.objectRegistryValue ?? '(Default)';
    }),
    field('reg_value.data', 'objectRegistryData'),
    ...captioned('reg_value.type_id', 'type', 'by the REG_ number', ['objectRegType'], (a) => {
      const type = a.objectRegType;
      return type === undefined ? undefined : (regTypes[type] ?? String(type));
    }),
  ],
  observables: [...commonObservables, observable('registryKey', 'reg_value.path')],
  message: [
    ...whoActed,
    verb(verbs),
    told('reg_value.path', 'a key'),
    '\\',
    told('reg_value.name', 'a value'),
    ...onHost,
  ],
  kept: [...deviceKept, ...actorKept],
};
