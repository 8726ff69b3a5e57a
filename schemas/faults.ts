/** When a fault is worth another try: at once with back-off, later (a window or more), or never. */
export type RetryDecision = 'now' | 'later' | 'never';

interface FaultContract {
  readonly retry: RetryDecision;
  /** What an operator or customer reads: what happened, and what to do. */
  readonly sentence: string;
}

/**
 * The closed list of faults. No exception decides the fate of an event: a step answers with one of these codes, and this
 * table alone says whether it is tried again and what a person reads.
 */
export const faults = {
  // Of one event: it goes to `rejected` with its bytes.
  'empty-value': { retry: 'never', sentence: 'The record has no value. Send one activity per record.' },
  'not-an-activity': {
    retry: 'never',
    sentence: 'The value is neither Avro in Confluent wire format nor a JSON object. Send one of them.',
  },
  'unknown-schema-id': {
    retry: 'never',
    sentence:
      'The schema registry does not know the schema id in the value. Register the schema before producing with it.',
  },
  'undecodable-avro': {
    retry: 'never',
    sentence: 'The bytes do not fit the Avro schema that they name. Check the serializer of the producer.',
  },
  'undecodable-json': {
    retry: 'never',
    sentence: 'The value looks like JSON but cannot be parsed. Send one UTF-8 JSON object per record.',
  },
  'invalid-account': {
    retry: 'never',
    sentence: 'accountId is missing or not 12 digits, so nobody owns the event. Set it to the customer’s account id.',
  },
  'wrong-event-class': {
    retry: 'never',
    sentence: 'eventId belongs to another topic. Produce each event class to its own topic.',
  },
  'invalid-event-time': {
    retry: 'never',
    sentence:
      'eventTime is missing or not between 2000-01-01 and tomorrow, in ms since the epoch. Check the clock and unit of the producer.',
  },
  'missing-required-field': {
    retry: 'never',
    sentence: 'A field that OCSF requires of this class is missing, and nothing can stand in for it. Send the field.',
  },
  'value-too-large': {
    retry: 'never',
    sentence:
      'The value, or the row that it makes, does not fit into a hand-off message. Send at most 1 MB per activity.',
  },
  'undecodable-batch': {
    retry: 'never',
    sentence:
      'A whole record batch cannot be decompressed or decoded. Its bytes are kept in place of its events: check the compression of the producer, and produce them again in smaller batches.',
  },
  'mapping-failed': {
    retry: 'never',
    sentence:
      'Our own code failed on this event. It is a bug: the bytes are kept, report it and produce them again after the fix.',
  },

  // Of a neighbour: processing pauses and goes on by itself.
  'schema-registry-unavailable': {
    retry: 'now',
    sentence: 'The schema registry does not answer. Consumption of the partition pauses until it does.',
  },
  'subscriptions-unavailable': {
    retry: 'now',
    sentence: 'Redis does not answer. Consumption pauses until it does; nothing is dropped.',
  },
  'subscriptions-not-whole': {
    retry: 'now',
    sentence:
      'Redis is empty, behind the journal or without its sentinel. Consumption pauses until the registration service has rebuilt it.',
  },
  'handoff-send-failed': {
    retry: 'now',
    sentence:
      'A send to a hand-off topic failed for good. The source partition goes back to its committed offset and tries again.',
  },
  'offsets-unknown': {
    retry: 'now',
    sentence:
      'It is unknown whether a commit landed. The window is thrown away and the partition starts again at the fence.',
  },
  'kafka-refuses': {
    retry: 'now',
    sentence:
      'Kafka refuses a request because our user lacks a right. Nothing is committed or lost, and it is tried again: compare the user’s rights with npx tributary acls, and give it what is missing.',
  },
  unaccounted: {
    retry: 'never',
    sentence:
      'The fates of a batch or a window do not add up to its events. Nothing of it was committed, and its partition stands still. It is a bug: report it.',
  },
  'partition-stuck': {
    retry: 'now',
    sentence:
      'A partition stands still although its log goes on. The Kafka client is restarted; when that does not help, the process reports that it is not alive and must be started anew.',
  },
  fenced: {
    retry: 'never',
    sentence:
      'A newer owner has taken this hand-off partition over. The window is thrown away; the new owner delivers it.',
  },

  // Of the log itself: a person must look.
  'source-gap': {
    retry: 'never',
    sentence:
      'An agent topic no longer has the committed offset (retention, or a recreated topic). The source partition stands still. Find out which events are missing before you commit another offset for the group.',
  },
  'topic-recreated': {
    retry: 'never',
    sentence:
      'An agent topic seems to be made anew: rows with the offsets that it begins with were delivered in the same epoch, so its events would be dropped as seen. The source partition is not read. Raise the number of the topic in SOURCE_EPOCHS by one and restart all consumers; if it is still the same topic, and only the offsets of the group are gone, commit where it begins for the group instead.',
  },
  'handoff-gap': {
    retry: 'never',
    sentence:
      'Offsets of a hand-off partition are missing (retention, or a recreated topic). The partition stands still. Find out which rows are missing before you commit another offset for the group.',
  },
  'invalid-offset-metadata': {
    retry: 'never',
    sentence:
      'The metadata of a committed hand-off offset cannot be read. The partition stands still: a flusher of an older release may be running.',
  },
  'invalid-handoff-message': {
    retry: 'never',
    sentence:
      'A message of a hand-off topic cannot be read. The partition stands still: something else than a consumer may have written to it.',
  },
  'too-many-source-partitions': {
    retry: 'never',
    sentence:
      'The high-water marks do not fit into the 4 KB of an offset’s metadata. Use at most 300 source partitions per class.',
  },

  // Of one customer’s lake.
  'role-refused': {
    retry: 'later',
    sentence: 'AssumeRole was refused. The role must exist and trust our account with the account id as external id.',
  },
  'put-refused': {
    retry: 'later',
    sentence: 'The bucket refused the object (403). The role must be allowed to put under its prefix.',
  },
  'bucket-missing': {
    retry: 'later',
    sentence: 'The bucket does not exist (404 NoSuchBucket). Register the bucket of your lake in this region.',
  },
  'lake-throttled': {
    retry: 'now',
    sentence: 'S3 or STS asks to slow down (429 or 503). Tried again with growing pauses.',
  },
  'lake-slow': {
    retry: 'later',
    sentence:
      'The bucket takes objects too slowly: those of one window took longer than a minute. The rest waits in our own bucket and is delivered from there.',
  },
  'lake-conflict': {
    retry: 'now',
    sentence: 'Another conditional write of the same object is under way (409). Tried again.',
  },
  'lake-unavailable': {
    retry: 'now',
    sentence:
      'S3 or STS did not answer or failed (5xx, reset, timeout). Tried again: the conditional put makes that safe.',
  },
  'credentials-expired': {
    retry: 'now',
    sentence: 'The session ended while it was used. Tried again with new credentials.',
  },
  // Of our own bucket, and of what waits there.
  'parking-unavailable': {
    retry: 'now',
    sentence:
      'Our own bucket for parked objects does not answer or refuses. The partition pauses until it does; nothing is lost. Look at PARKING_BUCKET and at our rights there.',
  },
  'parked-expired': {
    retry: 'never',
    sentence:
      'The bucket refused the object for 14 days, so it is not tried any more. It is kept under expired/ in our own bucket.',
  },
  'parked-dropped': {
    retry: 'never',
    sentence: 'An operator dropped the parked object. Its rows are in nobody’s lake, and its bytes are deleted.',
  },
  'ownership-stale': {
    retry: 'now',
    sentence:
      'The window took so long that another flusher may own the partition by now. It is thrown away and starts again at the fence.',
  },
  'registration-ended': {
    retry: 'never',
    sentence: 'The registration was ended by its customer; rows that were not delivered yet are dropped and counted.',
  },
} as const satisfies Record<string, FaultContract>;

export type FaultCode = keyof typeof faults;

/** Whether and when a fault is tried again, and the sentence for a person. */
export function faultContract(code: FaultCode): FaultContract {
  return faults[code];
}

/** An error that carries a code of the closed list; `detail` must hold no customer data. */
export class Fault extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? faults[code].sentence : `${faults[code].sentence} (${detail})`, options);
    this.name = 'Fault';
    this.code = code;
  }
}

/** The answer of a step about one event. */
export type StepOutcome<T> =
  | { readonly outcome: 'ok'; readonly value: T }
  | { readonly outcome: 'drop'; readonly reason: string }
  | { readonly outcome: 'reject'; readonly fault: FaultCode; readonly reason: string };
