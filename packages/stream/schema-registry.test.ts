import { describe, expect, it } from '@jest/globals';
import { unknownForMs } from './cached-decoders.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { describeRegistry } from './schema-registry.contract.ts';

const shared = new MemoryRegistry(() => 0);
const down = new MemoryRegistry(() => 0);
down.isDown = true;

describeRegistry('the registry in memory', () => ({
  connect: () => shared,
  connectToNothing: () => down,
  unique: 'memory',
}));

describe('the cache of decoders', () => {
  const schema = { type: 'record', name: 'Event', fields: [{ name: 'id', type: 'long' }] } as const;

  it('asks_once_for_callers_at_the_same_time_and_never_again', async () => {
    const registry = new MemoryRegistry(() => 0);
    const id = await registry.register('s', { ...schema, fields: [...schema.fields] });
    await Promise.all(Array.from({ length: 100 }, () => registry.decoderOf(id)));
    await registry.decoderOf(id);
    expect(registry.requests).toBe(1);
  });

  it('remembers_an_unknown_id_for_ten_seconds', async () => {
    let time = 0;
    const registry = new MemoryRegistry(() => time);
    const unknown = () => expect(registry.decoderOf(1)).rejects.toMatchObject({ code: 'unknown-schema-id' });
    await unknown();
    await unknown();
    expect(registry.requests).toBe(1);
    await registry.register('s', { ...schema, fields: [...schema.fields] });
    await unknown();
    time = unknownForMs;
    await registry.decoderOf(1);
    expect(registry.requests).toBe(2);
  });

  it('asks_for_an_unknown_id_again_when_the_clock_was_set_back', async () => {
    let time = 3_600_000;
    const registry = new MemoryRegistry(() => time);
    await expect(registry.decoderOf(1)).rejects.toMatchObject({ code: 'unknown-schema-id' });
    await registry.register('s', { ...schema, fields: [...schema.fields] });
    time = 0;
    await registry.decoderOf(1);
  });

  it('asks_again_after_the_registry_was_away', async () => {
    const registry = new MemoryRegistry(() => 0);
    await registry.register('s', { ...schema, fields: [...schema.fields] });
    registry.isDown = true;
    await expect(registry.decoderOf(1)).rejects.toMatchObject({ code: 'schema-registry-unavailable' });
    registry.isDown = false;
    await registry.decoderOf(1);
  });
});
