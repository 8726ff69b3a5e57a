import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

/**
 * An authorization server on this machine: gives whoever comes with client credentials a token in his own name (RFC 6749,
 * section 4.4), and publishes the key to check it with.
 */
export class TokenServer {
  readonly issuer = 'https://tokens.test';
  readonly audience = 'kafka';
  readonly #key = newKey();
  readonly #other = newKey();
  readonly #server = createServer(async (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    const body = request.url === '/jwks' ? this.#jwks() : this.#answer(request.headers.authorization, request.url);
    response.end(JSON.stringify(body));
  });
  #port = 0;

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => void this.#server.close(() => done()));
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${this.#port}/jwks`;
  }

  /** Where tokens are had; `forged` ones are signed with a key that nobody knows, `expired` ones are too old. */
  endpoint(kind: 'token' | 'forged' | 'expired' = 'token'): string {
    return `http://127.0.0.1:${this.#port}/${kind}`;
  }

  #jwks() {
    return { keys: [{ ...this.#key.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }] };
  }

  #answer(authorization = '', url = '') {
    const [client] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    const now = Math.floor(Date.now() / 1000) - (url === '/expired' ? 7_200 : 0);
    const claims = { iss: this.issuer, aud: this.audience, sub: client, scope: 'kafka', iat: now, exp: now + 600 };
    const key = url === '/forged' ? this.#other.privateKey : this.#key.privateKey;
    return { access_token: sign(claims, key), token_type: 'Bearer', expires_in: 600 };
  }
}

function sign(claims: object, key: KeyObject): string {
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}
