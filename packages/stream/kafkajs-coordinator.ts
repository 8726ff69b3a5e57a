import { createRequire } from 'node:module';
import { isRefusal } from './kafkajs-refusal.ts';

const require = createRequire(import.meta.url);

type WithBroker = (callback: (at: object) => Promise<unknown>) => Promise<unknown>;

interface CoordinatorLookup {
  readonly brokerPool: { readonly withBroker: WithBroker };
  findGroupCoordinatorMetadata(options: object): Promise<unknown>;
}

const { prototype: lookup } = require('kafkajs/src/cluster') as { prototype: CoordinatorLookup & { repaired?: true } };
const errors = require('kafkajs/src/errors') as { KafkaJSGroupCoordinatorNotFound: { prototype: Error } };

/**
 * While no broker answers, kafkajs finds no group coordinator, calls that an error that can't be retried and stops the
 * consumer for good. It is an outage like any other: the consumer must come back by itself.
 */
export function repairCoordinatorLookup(): void {
  tellRefusals();
  Object.defineProperty(errors.KafkaJSGroupCoordinatorNotFound.prototype, 'retriable', {
    configurable: true,
    get: () => true,
    set() {}, // its constructor says no
  });
}

/**
 * kafkajs asks every broker for the coordinator of a group or transactional id and drops what they answer, also that the user
 * may not ask. That one is told: it would look like an outage, and be tried again for ever.
 */
function tellRefusals(): void {
  if (lookup.repaired) return;
  const find = lookup.findGroupCoordinatorMetadata;
  lookup.findGroupCoordinatorMetadata = async function (this: CoordinatorLookup, options) {
    let refusal: unknown;
    const withBroker: WithBroker = (callback) =>
      this.brokerPool.withBroker(async (at) =>
        callback(at).catch((error) => {
          if (isRefusal(error)) refusal = error;
          throw error;
        }),
      );
    try {
      return await find.call(Object.create(this, { brokerPool: { value: { withBroker } } }), options);
    } catch (error) {
      throw refusal ?? error;
    }
  };
  lookup.repaired = true;
}
