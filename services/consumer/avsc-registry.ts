import { Fault } from '@tributary/schemas/faults.ts';
import avro from 'avsc';
import type { AvroDecoder, Decoders } from './neighbours.ts';

/** Where the registry is, and how patient we are with it. */
export interface RegistryOptions {
  /** Base URL of the Confluent API; a user and password in it are sent as basic authentication. */
  readonly url: string;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5_000;
/** How long an id counts as unknown before it is asked for again. */
const unknownForMs = 10_000;

/** Avro's long as bigint: as a JavaScript number the agents' hash ids would change. */
const longAsBigint = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
});

/**
 * Decoders by schema id, from a registry with the Confluent API. A schema never changes under its id, so each is asked
 * for once; one that is not known is asked for again after ten seconds.
 */
export function registryDecoders(options: RegistryOptions): Decoders {
  const known = new Map<number, Promise<AvroDecoder>>();
  const unknownUntil = new Map<number, number>();
  return {
    decoderOf(id) {
      if ((unknownUntil.get(id) ?? 0) > options.now()) return Promise.reject(new Fault('unknown-schema-id'));
      const existing = known.get(id);
      if (existing !== undefined) return existing;
      const asked = askFor(id, options).then(decoderFor);
      known.set(id, asked);
      asked.catch((error) => {
        known.delete(id);
        if (error instanceof Fault && error.code === 'unknown-schema-id') {
          if (unknownUntil.size > 10_000) unknownUntil.clear();
          unknownUntil.set(id, options.now() + unknownForMs);
        }
      });
      return asked;
    },
  };
}

interface RegisteredSchema {
  readonly schema: string;
  /** Absent for Avro. */
  readonly schemaType?: string;
}

/** Source: Confluent, Schema Registry API: GET /schemas/ids/(id), 404 with error code 40403 where there is none. */
async function askFor(id: number, { url, timeoutMs }: RegistryOptions): Promise<RegisteredSchema> {
  const { username, password, ...base } = addressOf(url);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const headers = { accept: 'application/vnd.schemaregistry.v1+json', ...(username !== '' && { authorization }) };
  try {
    const signal = AbortSignal.timeout(timeoutMs ?? defaultTimeoutMs);
    const answer = await fetch(`${base.href}/schemas/ids/${id}`, { headers, signal });
    const body = (await answer.json()) as RegisteredSchema & { readonly error_code?: number };
    if (answer.ok) return body;
    if (answer.status === 404 && body.error_code === 40403) throw new Fault('unknown-schema-id', `schema id ${id}`);
    throw new Error(`answered ${answer.status}`);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new Fault('schema-registry-unavailable', detail, { cause: error });
  }
}

function addressOf(url: string) {
  const { username, password, origin, pathname } = new URL(url);
  return {
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    href: `${origin}${pathname}`.replace(/\/+$/, ''),
  };
}

/** A schema that is not Avro's, or not a sound one, makes its values undecodable; asking again would not help. */
function decoderFor({ schema, schemaType = 'AVRO' }: RegisteredSchema): AvroDecoder {
  try {
    if (schemaType !== 'AVRO') throw new Error(`the schema is ${schemaType}, not Avro`);
    const type = avro.Type.forSchema(JSON.parse(schema), { registry: { long: longAsBigint } });
    return (bytes) => type.fromBuffer(bytes);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
