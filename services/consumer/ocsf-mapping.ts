import { encodeHandoff, normalise, ocsfColumns } from '@tributary/ocsf';
import { objectAccount } from '@tributary/schemas/lake/object-key.ts';
import type { Mapping } from './neighbours.ts';

/** The mapping in this thread, row by row. */
export const ocsfMapping: Mapping = {
  normalise(activity, registration, source, arrivedAt) {
    const { eventClass, ocsfVersion, account } = registration;
    const answer = normalise(eventClass, ocsfVersion, activity, { now: arrivedAt });
    if (answer.outcome !== 'ok') return answer;
    return {
      outcome: 'ok',
      value: {
        registration: registration.registration,
        generation: registration.generation,
        sourcePartition: source.partition,
        sourceOffset: source.offset,
        sourceEpoch: source.epoch,
        objectAccount: objectAccount(account, activity.awsAccountId),
        row: answer.value,
      },
    };
  },
  encode: (eventClass, ocsfVersion, rows) => encodeHandoff({ eventClass, ocsfVersion, rows }),
  fingerprint: (eventClass, version) => ocsfColumns(eventClass, version).fingerprint,
};
