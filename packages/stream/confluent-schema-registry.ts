import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import confluent from '@kafkajs/confluent-schema-registry';
import { Fault } from '@tributary/schemas/faults.ts';
import type { Type } from 'avsc';
import { avroDecoder, exactLongs } from './avro-long.ts';
import { cachedDecoders } from './cached-decoders.ts';
import { judgeAnswer } from './registry-answer.ts';
import type { AvroDecoder, SchemaRegistry } from './schema-registry.ts';

const requestTimeoutMs = 5_000;

/** Where the registry is, and how it is reached. */
export interface ConfluentRegistryOptions {
  /** Base URL of the Confluent API. */
  readonly url: string;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Options of node:tls, for https. */
  readonly tls?: ConnectionOptions;
  /** Ms, of any clock that doesn't go back. */
  readonly now: () => number;
}

interface Request {
  method(): string;
  url(): string;
  headers(): Record<string, string>;
  enhance(changes: { timeout: number }): Request;
}

/** The paths that answer a schema. */
const lookup = /\/schemas\/ids\/|\/versions\//;

/**
 * Looks schemas up in the client's place: the client waits for an answer for ever, takes any page for a schema, and
 * keeps nothing of an error but its text. It still resolves references and parses.
 */
const ownLookup = (agent: HttpAgent, auth: ConfluentRegistryOptions['auth']) => () => ({
  request: (request: Request) => request.enhance({ timeout: requestTimeoutMs }),
  async response(next: () => Promise<unknown>, _renew: unknown, request: Request) {
    if (request.method() !== 'get' || !lookup.test(request.url())) return next();
    const answer = await ask(request, agent, auth);
    const schema = judgeAnswer(answer.statusCode!, await text(answer));
    return { data: () => schema };
  },
});

function ask(request: Request, agent: HttpAgent, auth: ConfluentRegistryOptions['auth']): Promise<IncomingMessage> {
  const send = request.url().startsWith('https:') ? httpsRequest : httpRequest;
  const options = {
    agent,
    headers: request.headers(),
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(auth === undefined ? {} : { auth: `${auth.username}:${auth.password}` }),
  };
  return new Promise((resolve, reject) => {
    send(request.url(), options, resolve).on('error', reject).end();
  });
}

/** The schema registry on @kafkajs/confluent-schema-registry 4.1.0. Asks nothing until it is used. */
export function createConfluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const { url, auth, tls, now } = options;
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, ...tls })
    : new HttpAgent({ keepAlive: true });
  const registry = new confluent.SchemaRegistry(
    {
      host: url,
      agent,
      retry: { retries: 2, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 1 },
      middlewares: [ownLookup(agent, auth) as never],
      ...(auth === undefined ? {} : { auth: { ...auth } }),
    },
    { [confluent.SchemaType.AVRO]: { typeHook: exactLongs as never } },
  );
  const load = async (schemaId: number): Promise<AvroDecoder> => {
    // What the client calls an Avro schema is a type of avsc.
    const type = (await asFault(registry.getSchema(schemaId))) as unknown as Type;
    return avroDecoder(type);
  };
  return {
    async register(subject, schema, { compatibility }) {
      const avro = { type: confluent.SchemaType.AVRO as const, schema: JSON.stringify(schema) };
      const { id } = await registry.register(avro, {
        subject,
        compatibility: confluent.COMPATIBILITY[compatibility],
      });
      return id;
    },
    encode: (schemaId, value) => registry.encode(schemaId, value),
    decoderOf: cachedDecoders(load, now),
  };
}

async function asFault<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Fault) throw error;
    const { name, message } = error as Error;
    // The client's word for a schema that came whole and is not Avro, or not valid.
    const isOfSchema = name === 'ConfluentSchemaRegistryArgumentError';
    throw new Fault(isOfSchema ? 'undecodable-avro' : 'schema-registry-unavailable', message, { cause: error });
  }
}
