import { randomUUID } from 'node:crypto';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createRedisRequests } from '@tributary/subscriptions';
import { requestsContract } from '@tributary/subscriptions/requests.contract.ts';

requestsContract('Redis', async () => createRedisRequests({ url: `${readEndpoints().redis}/6` }), randomUUID);
