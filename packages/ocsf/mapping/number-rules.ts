import type { ValueRule } from './value-rule.ts';

const event = 'process-activity';
const time = 1_795_168_800_000;

/** Rules about times: OCSF's are ms since the epoch. */
export const timeRules: readonly ValueRule[] = [
  {
    arrives: 'a time of a clock in seconds',
    fate: 'repaired',
    because: 'read as ms it would lie in January 1970, before there were agents; what was sent is kept beside',
    example: () => ({
      eventClass: event,
      sends: { eventTime: time / 1000 },
      column: ['time', time],
      unmapped: { 'tributary.original.eventTime': '1795168800' },
    }),
  },
  {
    arrives: 'a time of a file in seconds',
    fate: 'kept',
    because: 'anybody can set a file’s time to January 1970',
    example: () => ({
      eventClass: event,
      sends: { processFileCreation: '1795168800' },
      column: ['actor.process.file.created_time', undefined],
      unmapped: { processFileCreation: '1795168800' },
    }),
  },
  {
    arrives: 'a time as Windows’ FILETIME (100 ns since 1601), in microseconds or in nanoseconds',
    fate: 'repaired',
    because: 'read as ms it would lie behind the year 9999; what was sent is kept beside',
    example: () => ({
      eventClass: event,
      sends: { processFileCreation: '134396424001230000' },
      column: ['actor.process.file.created_time', time + 123],
      unmapped: { 'tributary.original.processFileCreation': '134396424001230000' },
    }),
  },
  {
    arrives: 'a fraction of a millisecond',
    fate: 'repaired',
    because: 'OCSF has whole ms',
    example: () => ({ eventClass: event, sends: { eventTime: time + 0.75 }, column: ['time', time] }),
  },
  {
    arrives: 'a time of 0 or before 1970',
    fate: 'kept',
    because: 'agents say 0 where they don’t know',
    example: () => ({
      eventClass: event,
      sends: { processLaunchTime: 0 },
      column: ['actor.process.created_time', undefined],
      unmapped: { processLaunchTime: '0' },
    }),
  },
  {
    arrives: 'a time behind the year 9999',
    fate: 'kept',
    because: 'no reader of timestamps can write it',
    example: () => ({
      eventClass: event,
      sends: { lastSeen: 253_402_300_800_000 },
      column: ['end_time', undefined],
      unmapped: { lastSeen: '253402300800000' },
    }),
  },
  {
    arrives: 'an event time before 2000 or more than a day ahead',
    fate: 'rejected',
    because: 'the event would lie in a partition that nobody reads',
    example: () => ({ eventClass: event, sends: { eventTime: 946_684_799_999 }, fault: 'invalid-event-time' }),
  },
  {
    arrives: 'no event time, or one that is no number',
    fate: 'rejected',
    because: 'OCSF requires it, and the time of arrival may be days later',
    example: () => ({ eventClass: event, sends: { eventTime: 'yesterday' }, fault: 'invalid-event-time' }),
  },
];

/** Rules about numbers and the ids of enums. */
export const numberRules: readonly ValueRule[] = [
  {
    arrives: 'a number as text',
    fate: 'repaired',
    because: 'producers write 64-bit numbers so',
    example: () => ({ eventClass: event, sends: { processPid: '77' }, column: ['actor.process.pid', 77] }),
  },
  {
    arrives: 'a text that is no number, or a fraction where there are only whole ones',
    fate: 'kept',
    because: 'it means something that we don’t know',
    example: () => ({
      eventClass: 'network-activity',
      sends: { spt: '80x' },
      column: ['src_endpoint.port', undefined],
      unmapped: { spt: '80x' },
    }),
  },
  {
    arrives: 'a port outside 0 to 65,535',
    fate: 'kept',
    because: 'OCSF’s port_t doesn’t allow it',
    example: () => ({
      eventClass: 'network-activity',
      sends: { spt: 70_000 },
      column: ['src_endpoint.port', undefined],
      unmapped: { spt: '70000' },
    }),
  },
  {
    arrives: 'a pid or a size below 0',
    fate: 'kept',
    because: 'there is none; whether it was unsigned is not certain',
    example: () => ({
      eventClass: event,
      sends: { processPid: -4 },
      column: ['actor.process.pid', undefined],
      unmapped: { processPid: '-4' },
    }),
  },
  {
    arrives: 'a whole number beyond 32 bits where OCSF has integer_t',
    fate: 'kept',
    because: 'the column has 32 bits',
    example: () => ({
      eventClass: event,
      sends: { processPid: 4_294_967_296 },
      column: ['actor.process.pid', undefined],
      unmapped: { processPid: '4294967296' },
    }),
  },
  {
    arrives: 'a 64-bit id beyond 2^53 as text',
    fate: 'taken',
    because: 'it stays text, so no digit is lost',
    example: () => ({
      eventClass: event,
      sends: { processHashId: '-7291293652695135564' },
      column: ['actor.process.uid', '-7291293652695135564'],
    }),
  },
  {
    arrives: 'an id beyond 2^53 as a JSON number',
    fate: 'kept',
    because: 'its last digits were lost when it was read: it identifies nothing',
    example: () => ({
      eventClass: event,
      sends: { processHashId: 2 ** 60 },
      column: ['actor.process.uid', undefined],
      unmapped: { processHashId: '1152921504606847000' },
    }),
  },
  {
    arrives: 'a number of an enum that we don’t know',
    fate: 'repaired',
    because: 'OCSF has 99, Other, for it, with the agent’s own number as its caption',
    example: () => ({
      eventClass: 'registry-value-activity',
      sends: { objectRegType: 77 },
      column: ['reg_value.type', '77'],
    }),
  },
  {
    arrives: 'an event sub id that we don’t know',
    fate: 'repaired',
    because: 'agents learn new ones: 99, Other, with its number',
    example: () => ({ eventClass: event, sends: { eventSubId: 42 }, column: ['activity_name', '42'] }),
  },
];
