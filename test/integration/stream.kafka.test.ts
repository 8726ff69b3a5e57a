import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createKafkajsHarness } from '@tributary/stream/kafkajs-harness.ts';
import { describeStream } from '@tributary/stream/stream.contract.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

describeStream(
  'the stream on kafkajs',
  () =>
    createKafkajsHarness(
      { brokers: [readEndpoints().kafka], clientId: 'contract', log: quiet },
      `${process.pid}-${Date.now()}`,
    ),
  60_000,
);
