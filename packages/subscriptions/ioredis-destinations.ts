import { redisKeys } from '@tributary/schemas/redis/keys.ts';
import type { Destination, RegistrationId } from '@tributary/schemas/registration.ts';
import type { Redis } from 'ioredis';
import { destinationName } from './subscriptions.ts';

/** Fields looked at by one command. */
const pageFields = 2_000;

/** The registrations that hold a prefix below this one, read page by page so that Redis is never busy for long. */
export async function holdersBelow(
  redis: Redis,
  destination: Pick<Destination, 'bucketName' | 'prefix'>,
): Promise<RegistrationId[]> {
  const pattern = `${destinationName(destination).replaceAll(/[\\*?[\]]/g, '\\$&')}/*`;
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, fields] = await redis.hscan(redisKeys.destinations, cursor, 'MATCH', pattern, 'COUNT', pageFields);
    found.push(...fields.filter((_, index) => index % 2 === 1));
    cursor = next;
  } while (cursor !== '0');
  return found as RegistrationId[];
}
