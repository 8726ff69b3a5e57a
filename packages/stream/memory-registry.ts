import { Fault } from '@tributary/schemas/faults.ts';
import avsc, { type Schema, type Type } from 'avsc';
import { avroDecoder, exactLongs } from './avro-long.ts';
import { cachedDecoders } from './cached-decoders.ts';
import type { AvroSchema, SchemaRegistry } from './schema-registry.ts';

/** A schema registry in memory, for tests. */
export class MemoryRegistry implements SchemaRegistry {
  /** While true, it answers nothing. */
  isDown = false;
  /** How often a schema was asked for. */
  requests = 0;
  readonly #ids = new Map<string, number>();
  readonly #types = new Map<number, Type>();
  readonly #newest = new Map<string, Type>();
  readonly decoderOf: SchemaRegistry['decoderOf'];

  constructor(now: () => number) {
    this.decoderOf = cachedDecoders(async (schemaId) => {
      const type = this.#find(schemaId);
      return avroDecoder(type);
    }, now);
  }

  async register(subject: string, schema: AvroSchema): Promise<number> {
    const type = avsc.Type.forSchema(schema as Schema, { typeHook: exactLongs as never });
    const former = this.#newest.get(subject);
    if (former) type.createResolver(former); // throws when it can't read what was written before
    const text = JSON.stringify(schema);
    const id = this.#ids.get(text) ?? this.#ids.size + 1;
    this.#ids.set(text, id);
    this.#types.set(id, type);
    this.#newest.set(subject, type);
    return id;
  }

  async encode(schemaId: number, value: object): Promise<Buffer> {
    const header = Buffer.alloc(5);
    header.writeInt32BE(schemaId, 1);
    return Buffer.concat([header, this.#find(schemaId).toBuffer(value)]);
  }

  #find(schemaId: number): Type {
    this.requests += 1;
    if (this.isDown) throw new Fault('schema-registry-unavailable', 'down');
    const type = this.#types.get(schemaId);
    if (type === undefined) throw new Fault('unknown-schema-id', `id ${schemaId}`);
    return type;
  }
}
