import { apiVersion } from '@tributary/schemas/rest/openapi.ts';
import { accountOf, readCredentials } from '../credentials.ts';
import type { Exchange } from '../pipeline.ts';
import { Problem } from '../problem.ts';

/** Finds out whose request it is, by the API key alone, and that it speaks our version of the API. */
export async function authenticate(exchange: Exchange): Promise<void> {
  const { incoming, neighbours } = exchange;
  const credentials = readCredentials(incoming.authorization);
  exchange.account = accountOf(credentials, await neighbours.store.apiKey(credentials.id));
  if (incoming.apiVersion !== apiVersion)
    throw new Problem('wrong-api-version', `Send the header api-version: ${apiVersion}.`);
}
