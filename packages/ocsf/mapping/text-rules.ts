import type { ValueRule } from './value-rule.ts';

const event = 'process-activity';

/** Rules about texts. */
export const textRules: readonly ValueRule[] = [
  {
    arrives: 'a text longer than 256 KB, such as a command line of 5 MB',
    fate: 'repaired',
    because: 'its beginning is kept, and tributary.truncated says how long it was',
    example: () => ({
      eventClass: event,
      sends: { processCmd: 'x'.repeat(5_000_000) },
      column: ['actor.process.cmd_line', 'x'.repeat(262_144)],
      unmapped: { 'tributary.truncated': 'actor.process.cmd_line=5000000' },
    }),
  },
  {
    arrives: 'bytes that are no UTF-8, or half of a surrogate pair',
    fate: 'repaired',
    because: 'U+FFFD stands for each, as the Unicode standard has it',
    example: () => ({
      eventClass: event,
      sends: { processUser: `a${Buffer.of(0xff)}\ud800b` },
      column: ['actor.user.name', 'a\ufffd\ufffdb'],
    }),
  },
  {
    arrives: 'a NUL inside a text',
    fate: 'taken',
    because: 'it is a character, and names that hide behind one are a known trick',
    example: () => ({
      eventClass: 'registry-value-activity',
      sends: { objectRegistryValue: 'Run\u0000Hidden' },
      column: ['reg_value.name', 'Run\u0000Hidden'],
    }),
  },
  {
    arrives: 'an empty text or list, or null',
    fate: 'absent',
    because: 'agents send it for what they don’t know',
    example: () => ({
      eventClass: event,
      sends: { processCmd: '' },
      column: ['actor.process.cmd_line', undefined],
      unmapped: { processCmd: null },
    }),
  },
  {
    arrives: 'an object where a text should be',
    fate: 'kept',
    because: 'as JSON',
    example: () => ({
      eventClass: event,
      sends: { processCmd: { a: 1 } },
      column: ['actor.process.cmd_line', undefined],
      unmapped: { processCmd: '{"a":1}' },
    }),
  },
  {
    arrives: 'a hash without its 32, 40 or 64 hex digits',
    fate: 'kept',
    because: 'a part of a hash finds nothing',
    example: () => ({
      eventClass: event,
      sends: { processFileHashMd5: 'abc' },
      unmapped: { processFileHashMd5: 'abc' },
    }),
  },
];

/** Rules about lists, and about single values where they should be. */
export const listRules: readonly ValueRule[] = [
  {
    arrives: 'a single value where a list should be',
    fate: 'repaired',
    because: 'it is a list of one',
    example: () => ({ eventClass: event, sends: { endpointIp: '10.1.2.3' }, column: ['device.ip', '10.1.2.3'] }),
  },
  {
    arrives: 'a list with empty items',
    fate: 'repaired',
    because: 'they say nothing',
    example: () => ({ eventClass: event, sends: { tags: ['', 'a', null] }, column: ['metadata.labels', ['a']] }),
  },
  {
    arrives: 'a list where a single value should be',
    fate: 'kept',
    because: 'which of them is meant is not certain',
    example: () => ({
      eventClass: event,
      sends: { processPid: [1, 2] },
      column: ['actor.process.pid', undefined],
      unmapped: { processPid: '[1,2]' },
    }),
  },
  {
    arrives: 'a list of which an item has another type',
    fate: 'kept',
    because: 'the whole list is, so that its items stay together',
    example: () => ({
      eventClass: event,
      sends: { tags: ['a', { b: 1 }] },
      column: ['metadata.labels', undefined],
      unmapped: { tags: '["a",{"b":1}]' },
    }),
  },
  {
    arrives: 'something else than true, false, 1 or 0 for a boolean',
    fate: 'kept',
    because: 'it means something that we don’t know',
    example: () => ({ eventClass: event, sends: { simulation: 'maybe' }, unmapped: { simulation: 'maybe' } }),
  },
];

/** Rules about addresses. */
export const addressRules: readonly ValueRule[] = [
  {
    arrives: 'a MAC address without separators, with dots, or without its leading zeros',
    fate: 'repaired',
    because: 'it says the same six bytes',
    example: () => ({
      eventClass: event,
      sends: { endpointMacAddress: ['a:1b:2c:3:4e:5f'] },
      column: ['device.mac', '0a:1b:2c:03:4e:5f'],
    }),
  },
  {
    arrives: 'a MAC address of eight groups',
    fate: 'kept',
    because: 'that of a tunnel is no MAC; OCSF’s mac_t has six groups',
    example: () => ({
      eventClass: event,
      sends: { endpointMacAddress: ['0-0-0-0-0-0-0-e0'] },
      column: ['device.mac', undefined],
      unmapped: { endpointMacAddress: '["0-0-0-0-0-0-0-e0"]' },
    }),
  },
  {
    arrives: 'something that is no IP address, or is longer than 40 characters',
    fate: 'kept',
    because: 'OCSF’s ip_t doesn’t allow it',
    example: () => ({
      eventClass: 'network-activity',
      sends: { dst: 'printer', hostName: 'printer.example' },
      column: ['dst_endpoint.ip', undefined],
      unmapped: { dst: 'printer' },
    }),
  },
  {
    arrives: 'a host name with an underscore or a dot at its end',
    fate: 'taken',
    because: 'such names are asked for; OCSF dropped its rule about hostname_t in 1.4',
    example: () => ({
      eventClass: 'dns-activity',
      sends: { hostName: '_ldap._tcp.example.com.' },
      column: ['query.hostname', '_ldap._tcp.example.com.'],
    }),
  },
];

/** Rules about whose event it is, and of which kind. */
export const identityRules: readonly ValueRule[] = [
  {
    arrives: 'no account, or one that is not 12 digits',
    fate: 'rejected',
    because: 'nobody owns the event',
    example: () => ({ eventClass: event, sends: { accountId: undefined }, fault: 'invalid-account' }),
  },
  {
    arrives: 'an AWS account that is not 12 digits',
    fate: 'kept',
    because: 'the workload counts as outside of AWS',
    example: () => ({
      eventClass: event,
      sends: { awsAccountId: '12' },
      column: ['cloud.account', undefined],
      unmapped: { awsAccountId: '12' },
    }),
  },
  {
    arrives: 'an event of another class than its topic’s',
    fate: 'rejected',
    because: 'its columns would be another table’s',
    example: () => ({ eventClass: event, sends: { eventId: 2 }, fault: 'wrong-event-class' }),
  },
  {
    arrives: 'an event without something that OCSF requires and nothing can stand in for',
    fate: 'rejected',
    because: 'the row would not be valid',
    example: () => ({
      eventClass: 'registry-value-activity',
      sends: { objectRegistryKeyHandle: undefined },
      fault: 'missing-required-field',
    }),
  },
  {
    arrives: 'a field that we don’t know',
    fate: 'kept',
    because: 'agents learn new ones',
    example: () => ({ eventClass: event, sends: { brandNew: { a: 1 } }, unmapped: { brandNew: '{"a":1}' } }),
  },
];
