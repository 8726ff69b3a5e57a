import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AvroSchema, SchemaRegistry } from './schema-registry.ts';

/** What the suite needs beside the port. */
export interface RegistryHarness {
  /** A client with an empty cache; each call makes another one. */
  readonly connect: (now: () => number) => SchemaRegistry;
  /** A client of a registry that doesn't answer. */
  readonly connectToNothing: () => SchemaRegistry;
  readonly unique: string;
}

const idField = { name: 'id', type: 'long' };
const textField = { name: 'text', type: ['null', 'string'], default: null };

/** The promises of the registry's port. */
export function describeRegistry(name: string, harness: () => RegistryHarness): void {
  describe(name, () => {
    let registry: SchemaRegistry;
    let made = 0;
    const record = (fields: object[], recordName = 'Event'): AvroSchema => ({
      type: 'record',
      name: recordName,
      namespace: `contract.${harness().unique}`,
      fields,
    });
    const subject = () => `subject-${harness().unique}-${made++}`;

    beforeAll(() => {
      registry = harness().connect(Date.now);
    });

    it('decodes_what_it_encoded_in_the_confluent_wire_format', async () => {
      const id = await registry.register(subject(), record([idField, textField]), { compatibility: 'BACKWARD' });
      const bytes = await registry.encode(id, { id: 7, text: 'é' });
      expect([bytes[0], bytes.readInt32BE(1)]).toEqual([0, id]);
      const decode = await harness().connect(Date.now).decoderOf(id);
      expect({ ...decode(bytes.subarray(5)) }).toEqual({ id: 7, text: 'é' });
      expect(() => decode(bytes.subarray(5, 6))).toThrow();
    });

    it('says_by_which_schema_a_value_was_written', async () => {
      const fields = [idField, { ...textField, aliases: ['words'] }];
      const id = await registry.register(subject(), record(fields, 'Told'), { compatibility: 'BACKWARD' });
      const { schema } = await harness().connect(Date.now).decoderOf(id);
      expect(schema).toMatchObject({ type: 'record', fields: [{ name: 'id', type: 'long' }, { name: 'text' }] });
      expect(JSON.stringify(schema)).toContain('"aliases":["words"]');
    });

    it('answers_the_same_id_for_the_same_schema', async () => {
      const name = subject();
      const options = { compatibility: 'BACKWARD' } as const;
      const id = await registry.register(name, record([idField], 'Same'), options);
      expect(await registry.register(name, record([idField], 'Same'), options)).toBe(id);
    });

    it('refuses_a_schema_that_cannot_read_what_was_written_before', async () => {
      const name = subject();
      await registry.register(name, record([idField], 'Grows'), { compatibility: 'BACKWARD' });
      const required = record([idField, { name: 'more', type: 'string' }], 'Grows');
      await expect(registry.register(name, required, { compatibility: 'BACKWARD' })).rejects.toThrow();
    });

    it('keeps_longs_beyond_2_to_the_53_exact', async () => {
      const id = await registry.register(subject(), record([idField], 'Long'), { compatibility: 'BACKWARD' });
      const decode = await registry.decoderOf(id);
      const roundTrip = async (value: number | bigint) => ({
        ...decode((await registry.encode(id, { id: value })).subarray(5)),
      });
      expect(await roundTrip(-5)).toEqual({ id: -5 });
      expect(await roundTrip(Number.MAX_SAFE_INTEGER)).toEqual({ id: Number.MAX_SAFE_INTEGER });
      expect(await roundTrip(2n ** 53n + 1n)).toEqual({ id: 2n ** 53n + 1n });
      expect(await roundTrip(-(2n ** 63n))).toEqual({ id: -(2n ** 63n) });
    });

    it('tells_an_unknown_id_from_a_registry_that_is_away', async () => {
      await expect(registry.decoderOf(99_999_999)).rejects.toMatchObject({ code: 'unknown-schema-id' });
      const away = harness().connectToNothing();
      await expect(away.decoderOf(1)).rejects.toMatchObject({ code: 'schema-registry-unavailable' });
      await expect(away.decoderOf(1)).rejects.toMatchObject({ code: 'schema-registry-unavailable' });
    });
  });
}
