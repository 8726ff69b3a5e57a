import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createConfluentRegistry } from '@tributary/stream/confluent-schema-registry.ts';
import { describeRegistry } from '@tributary/stream/schema-registry.contract.ts';

const unique = `r${process.pid}_${Date.now()}`;

describeRegistry('the registry on the Confluent API', () => ({
  connect: (now) => createConfluentRegistry({ url: readEndpoints().schemaRegistry, now }),
  connectToNothing: () => createConfluentRegistry({ url: 'http://127.0.0.1:9', now: Date.now }),
  unique,
}));
