import { randomBytes } from 'node:crypto';
import { createApiKey } from '@tributary/registration/keys.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createRedisStore } from '@tributary/subscriptions';
import type { Endpoints } from '../endpoints.ts';

/** Makes an API key of `account` as `<id>:<secret>`. The registration service must run. */
export async function createAccountKey(endpoints: Endpoints, account: string): Promise<string> {
  const publisher = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'keys', log: silentLog }).publisher();
  const store = createRedisStore({ url: endpoints.redis });
  try {
    const key = await createApiKey(account, { publisher, store, now: Date.now, randomBytes });
    if (!key.usable)
      throw new Error(`The API key of ${account} did not reach Redis. Does the registration service run?`);
    return `${key.id}:${key.secret}`;
  } finally {
    await publisher.close();
    await store.close();
  }
}
