import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import { repairCoordinatorLookup } from './kafkajs-coordinator.ts';

// Kafka was stopped while services ran. Once in a while a consumer looked for its coordinator just then, was told that
// there is none, and stopped for good, so that its process ended.
it('takes_a_missing_coordinator_for_an_outage_that_passes', () => {
  const require = createRequire(import.meta.url);
  const { KafkaJSGroupCoordinatorNotFound } = require('kafkajs/src/errors') as {
    KafkaJSGroupCoordinatorNotFound: new (message: string) => Error & { readonly retriable: boolean };
  };
  repairCoordinatorLookup();
  expect(new KafkaJSGroupCoordinatorNotFound('none').retriable).toBe(true);
});
