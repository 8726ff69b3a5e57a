import { type ApiKeyScope, apiKeyScopes } from '@tributary/schemas/redis/keys.ts';
import { apiVersion } from '@tributary/schemas/rest/openapi.ts';
import { readCredentials, usableKey } from '../credentials.ts';
import type { Exchange } from '../pipeline.ts';
import { Problem } from '../problem.ts';

/** Finds out whose request it is, by the API key alone, and that it speaks our version of the API. */
export async function authenticate(exchange: Exchange): Promise<void> {
  const { incoming, neighbours } = exchange;
  const credentials = readCredentials(incoming.authorization);
  const key = usableKey(credentials, await neighbours.store.apiKey(credentials.id), neighbours.now());
  exchange.account = key.account;
  exchange.apiKey = key.id;
  exchange.scopes = key.scopes ?? apiKeyScopes;
  neighbours.keyUse.used(key.id);
  if (incoming.apiVersion !== apiVersion)
    throw new Problem('wrong-api-version', `Send the header api-version: ${apiVersion}.`);
}

/** Lets only keys on that have the scope. */
export const authorise =
  (scope: ApiKeyScope) =>
  ({ scopes }: Exchange): void => {
    if (scopes.includes(scope)) return;
    throw new Problem('insufficient-scope', `The API key may not ${scope}. Use one that was made with this scope.`);
  };
