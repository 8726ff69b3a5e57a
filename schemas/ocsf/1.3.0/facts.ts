import { facts110 } from '../1.1.0/facts.ts';
import type { OcsfVersionFacts } from '../facts.ts';

const { classes, objects, captions } = facts110;

type Classes = OcsfVersionFacts['classes'];

/** What all six classes have otherwise than in 1.1.0. */
function withLater(own: Classes): Classes {
  const changed = Object.entries(own).map(([name, { activities, attributes }]) => [
    name,
    { activities, attributes: { ...attributes, observables: 'observable[] recommended' } },
  ]);
  return Object.fromEntries(changed);
}

/**
 * What OCSF 1.3.0 says about what we write, as far as it differs from 1.1.0.
 *
 * Source: ocsf-schema 1.3.0, compiled; a test compares.
 */
export const facts130: OcsfVersionFacts = {
  classes: withLater({
    'file-activity': {
      activities: classes['file-activity'].activities,
      attributes: { ...classes['file-activity'].attributes, file_result: 'file recommended' },
    },
    'process-activity': {
      activities: classes['process-activity'].activities,
      attributes: { ...classes['process-activity'].attributes, module: 'module recommended' },
    },
    'network-activity': {
      activities: { ...classes['network-activity'].activities, '7': 'Listen' },
      attributes: {
        ...classes['network-activity'].attributes,
        src_endpoint: 'network_endpoint recommended',
        status_code: 'string_t recommended',
      },
    },
    'registry-value-activity': classes['registry-value-activity'],
    'dns-activity': {
      activities: classes['dns-activity'].activities,
      attributes: { ...classes['dns-activity'].attributes, src_endpoint: 'network_endpoint recommended' },
    },
    'account-change-audit': {
      activities: classes['account-change-audit'].activities,
      attributes: {
        ...classes['account-change-audit'].attributes,
        status: 'string_t recommended',
        status_detail: 'string_t recommended',
      },
    },
  }),
  objects: {
    ...objects,
    device: {
      ...objects.device,
      attributes: { ...objects.device?.attributes, ip: 'ip_t optional', type: 'string_t recommended' },
    },
    file: { ...objects.file, attributes: { ...objects.file?.attributes, ext: 'string_t recommended' } },
    network_connection_info: {
      ...objects.network_connection_info,
      attributes: {
        ...objects.network_connection_info?.attributes,
        protocol_name: 'string_t recommended',
        protocol_ver_id: 'integer_t recommended',
      },
    },
  },
  captions: {
    ...captions,
    'observable.type_id': {
      ...captions['observable.type_id'],
      '11': 'Port',
      '12': 'Subnet',
      '13': 'Command Line',
      '14': 'Country',
      '15': 'Process ID',
      '16': 'HTTP User-Agent',
      '17': 'CWE Object: uid',
      '18': 'CVE Object: uid',
      '19': 'User Credential ID',
    },
    'device.type_id': {
      ...captions['device.type_id'],
      '12': 'Router',
      '13': 'IDS',
      '14': 'IPS',
      '15': 'Load Balancer',
    },
  },
};
