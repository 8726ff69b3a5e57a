import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import confluent from '@kafkajs/confluent-schema-registry';
import { Fault } from '@tributary/schemas/faults.ts';
import { exactLongs } from './avro-long.ts';
import { cachedDecoders } from './cached-decoders.ts';
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
  enhance(changes: { timeout: number }): Request;
}

/** The client itself waits for an answer for ever. */
const timeLimit = () => ({ request: (request: Request) => request.enhance({ timeout: requestTimeoutMs }) });

/** How the client words a 404 that holds no message of a registry: some proxy answered. */
const wordless = /Error, status 404/;

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
      middlewares: [timeLimit as never],
      ...(auth === undefined ? {} : { auth: { ...auth } }),
    },
    { [confluent.SchemaType.AVRO]: { typeHook: exactLongs as never } },
  );
  const load = async (schemaId: number): Promise<AvroDecoder> => {
    const schema = await asFault(registry.getSchema(schemaId));
    return (bytes) => schema.fromBuffer(bytes) as object;
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
    const { status, message } = error as { status?: number; message: string };
    // Without a status the answer came, but its schema can't be used.
    if (status === undefined) throw new Fault('undecodable-avro', message, { cause: error });
    // Only the registry's own "not found" is one: a proxy's is an outage. An unreachable registry has the status 400.
    if (status === 404 && !wordless.test(message)) throw new Fault('unknown-schema-id', undefined, { cause: error });
    throw new Fault('schema-registry-unavailable', message, { cause: error });
  }
}
