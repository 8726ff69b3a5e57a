import { base } from './base.ts';
import { device, deviceKept } from './device.ts';
import { onHost, told, verb, whoActed } from './message.ts';
import { commonObservables, observable } from './observables.ts';
import { actor, actorKept } from './process.ts';
import { type Condition, captioned, constant, derived, field, type MappingTable, when } from './table.ts';

/** Windows' number of each REG_ type (winnt.h) as OCSF's. */
const regTypes: Readonly<Record<number, number>> = { 0: 7, 1: 10, 2: 4, 3: 1, 4: 2, 5: 3, 6: 5, 7: 6, 11: 8 };

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

const nameless: Condition = {
  rule: 'without the name of a value',
  uses: [],
  presenceOf: ['objectRegistryValue'],
  holds: (a) => a.objectRegistryValue === undefined,
};
const named: Condition = {
  ...nameless,
  rule: 'with the name of a value',
  holds: (a) => a.objectRegistryValue !== undefined,
};

/** OCSF 201002 (Windows extension) from the agents' TELEMETRY_REGISTRY. */
export const registryValueActivity: MappingTable = {
  columns: [
    ...base('registry-value-activity'),
    ...device(),
    ...actor(),
    field('reg_value.path', 'objectRegistryKeyHandle'),
    derived('reg_value.name', '(Default) without a name', ['objectRegistryValue'], (a) => {
      return a.objectRegistryValue ?? '(Default)';
    }),
    ...when(nameless, [constant('reg_value.is_default', true)]),
    ...when(named, [constant('reg_value.is_default', false)]),
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
