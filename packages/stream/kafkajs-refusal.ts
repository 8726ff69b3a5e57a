import { Fault } from '@tributary/schemas/faults.ts';
import { errorType } from './kafkajs-client.ts';

/** True for an error with which Kafka says that our user may not. */
export const isRefusal = (error: unknown): boolean => errorType(error)?.endsWith('AUTHORIZATION_FAILED') === true;

/**
 * The fault of an error with which Kafka says that our user may not; undefined for every other. `needs` names the rights that
 * the request takes, as `npx tributary acls` lists them: Kafka itself doesn't say which one is missing.
 */
export function refusalOf(error: unknown, needs: string): Fault | undefined {
  if (!isRefusal(error)) return undefined;
  return new Fault('kafka-refuses', `${errorType(error)}; it takes ${needs}`, { cause: error });
}

/** Does `work`, and tells of a refusal as `refusalOf` does. */
export async function orRefused<T>(needs: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error, needs) ?? error;
  }
}

/** Why a member crashed: what it may not, where Kafka refused it. */
export function crashOf(
  error: Error,
  { groupId, topics }: { readonly groupId: string; readonly topics: readonly string[] },
): Error {
  return refusalOf(error, `Read of group ${groupId} and of topics ${topics.join(', ')}`) ?? error;
}
