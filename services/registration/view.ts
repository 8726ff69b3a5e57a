import { type FaultCode, faultContract } from '@tributary/schemas/faults.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { bodies } from '@tributary/schemas/rest/bodies.ts';
import type { FromSchema } from 'json-schema-to-ts';
import type { Delivery, RegistrationStatus } from './neighbours.ts';

/** A registration as its customer sees it. */
export type RegistrationView = FromSchema<typeof bodies.Registration>;
/** A delivery as its customer sees it. */
export type DeliveryView = FromSchema<typeof bodies.Delivery>;

/** What a customer sees of a registration; `status` where it is known. */
export function viewOf(record: RegistrationRecord, status?: RegistrationStatus): RegistrationView {
  const { providerAccountID, bucketName, prefix, roleARN } = record.destination;
  return {
    eventClass: record.eventClass,
    providerAccountID,
    bucketName,
    prefix,
    roleARN,
    state: stateOf(record, status),
    created: record.createdAt,
    lastModified: record.changedAt,
    ...(status === undefined ? {} : { status: statusView(status) }),
  };
}

/** What its customer decided goes before how it fares. */
function stateOf(record: RegistrationRecord, status: RegistrationStatus | undefined): RegistrationView['state'] {
  if (record.state === 'paused') return 'paused';
  return status === undefined || status.health === 'delivering' ? 'active' : status.health;
}

function statusView({ deliveredThrough, lastDeliveredAt, today, rejected, lastError }: RegistrationStatus) {
  return {
    ...(deliveredThrough === undefined ? {} : { deliveredThrough: text(deliveredThrough) }),
    ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt: text(lastDeliveredAt) }),
    today: { rows: today.rows, bytes: today.bytes },
    rejected: {
      count: rejected.count,
      last: rejected.last.map(({ fault, at }) => ({ ...said(fault), at: text(at) })),
    },
    ...(lastError === undefined
      ? {}
      : {
          lastError: {
            ...said(lastError.fault),
            since: text(lastError.since),
            ...(lastError.nextTry === undefined ? {} : { nextTry: text(lastError.nextTry) }),
          },
        }),
  };
}

/** What a customer sees of a receipt. */
export function deliveryView({ receipt }: Delivery): DeliveryView {
  const { outcome, bucketName, objectKey, rows, bytes, sha256, offsets, times, writtenAt, fault } = receipt;
  return {
    outcome,
    ...(bucketName === undefined ? {} : { bucketName }),
    ...(objectKey === undefined ? {} : { key: objectKey }),
    rows,
    bytes,
    ...(sha256 === undefined ? {} : { sha256 }),
    from: text(times[0]),
    to: text(times[1]),
    offsets: { partition: receipt.handoffPartition, first: offsets[0], last: offsets[1] },
    at: text(writtenAt),
    ...(fault === undefined ? {} : said(fault)),
  };
}

const text = (ms: number): string => new Date(ms).toISOString();
const said = (fault: FaultCode) => ({ fault, sentence: faultContract(fault).sentence });
