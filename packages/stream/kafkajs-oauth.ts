/** A client that asks an authorization server for tokens in its own name (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

const requestTimeoutMs = 10_000;
/** A token is used for this part of its life: connections that are made with it live on for the rest. */
const usedPart = 0.8;
const secondsWhenUnsaid = 60;

const sources = new WeakMap<ClientCredentials, () => Promise<string>>();

/**
 * Answers the token of the moment; every connection of these credentials has the same. Rejects, without a secret in the
 * message, when the server refuses or doesn't answer within 10 s: kafkajs then tries the connection again.
 */
export function tokensOf(credentials: ClientCredentials): () => Promise<string> {
  const known = sources.get(credentials) ?? newSource(credentials);
  sources.set(credentials, known);
  return known;
}

function newSource(credentials: ClientCredentials): () => Promise<string> {
  let asked: Promise<string> | undefined;
  let until = 0;
  const ask = async () => {
    const { token, seconds } = await requestToken(credentials);
    until = performance.now() + seconds * usedPart * 1_000;
    return token;
  };
  return () => {
    if (asked !== undefined && performance.now() < until) return asked;
    until = Number.POSITIVE_INFINITY;
    asked = ask();
    asked.catch(() => {
      asked = undefined;
    });
    return asked;
  };
}

async function requestToken({ endpoint, clientId, clientSecret, scope }: ClientCredentials) {
  const user = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    redirect: 'error',
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!answer.ok) throw new Error(`the authorization server answered ${answer.status}`);
  const { access_token: token, expires_in: seconds } = (await answer.json()) as {
    access_token?: unknown;
    expires_in?: unknown;
  };
  if (typeof token !== 'string') throw new Error('the authorization server answered no access_token');
  return { token, seconds: Number(seconds) > 0 ? Number(seconds) : secondsWhenUnsaid };
}
