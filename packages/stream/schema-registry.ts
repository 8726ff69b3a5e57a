/** An Avro schema as an object: a record with a name and fields. */
export interface AvroSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a field's type is any Avro schema, and the client takes no narrower type
  readonly fields: any[];
}

/**
 * Decodes one Avro value, without the five bytes of the wire format before it. Throws when it doesn't fit its schema.
 * `schema` is the writer's, as JSON, with its references resolved and its fields' aliases.
 */
export interface AvroDecoder {
  (bytes: Buffer): object;
  readonly schema: unknown;
}

/** A schema registry with the Confluent API. A schema never changes under its id, so each id is asked for once. */
export interface SchemaRegistry {
  /** Makes the schema the subject's newest, when it is compatible with the one before; answers its id. */
  register(subject: string, schema: AvroSchema, options: { readonly compatibility: 'BACKWARD' }): Promise<number>;
  /** A value in the Confluent wire format: a zero byte, the id, then the Avro bytes. */
  encode(schemaId: number, value: object): Promise<Buffer>;
  /**
   * Longs within ±(2^53 − 1) are decoded as numbers, others as bigints. Rejects with `Fault('unknown-schema-id')`, which
   * is remembered for ten seconds, or with `Fault('schema-registry-unavailable')`, which isn't.
   */
  decoderOf(schemaId: number): Promise<AvroDecoder>;
}
