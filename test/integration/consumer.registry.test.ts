import { describe, expect, it } from '@jest/globals';
import { registryDecoders } from '@tributary/consumer/avsc-registry.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { avroForm, avroTypeOf, registerActivitySchemas } from '@tributary/local/feed/registry.ts';

describe('decoders from the real schema registry', () => {
  const url = readEndpoints().schemaRegistry;
  const now = () => 0;
  const activity = { accountId: '111122223333', uuid: 'u', eventId: 4, eventSubId: 301, eventTime: 1_700_000_000_000 };

  it('read_what_an_agent_wrote_without_changing_a_64_bit_number', async () => {
    const encoder = await registerActivitySchemas(url);
    const decoder = await registryDecoders({ url, now }).decoderOf(encoder.schemaIdOf('dns-activity'));
    const form = avroForm({ ...activity, eventHashId: '-9007199254740993' });
    const raw = decoder(avroTypeOf('dns-activity').toBuffer(form)) as Record<string, unknown>;
    expect(raw).toMatchObject({ accountId: '111122223333', eventHashId: -9_007_199_254_740_993n });
    expect(() => decoder(Buffer.from([1]))).toThrow();
  });

  it('say_that_an_id_is_unknown', async () => {
    const decoders = registryDecoders({ url, now });
    for (const id of [0x7fff_fff0, 0x7fff_fff0, -5])
      await expect(decoders.decoderOf(id)).rejects.toMatchObject({ code: 'unknown-schema-id' });
  });

  it('never_call_an_id_unknown_when_the_registry_is_away_or_something_else_answers', async () => {
    for (const wrong of ['http://127.0.0.1:9', new URL('/nowhere', url).href])
      await expect(registryDecoders({ url: wrong, now }).decoderOf(1)).rejects.toMatchObject({
        code: 'schema-registry-unavailable',
      });
  });
});
