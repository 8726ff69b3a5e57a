import { describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { createConfluentRegistry } from '@tributary/stream';

describe('decoders from the real schema registry', () => {
  const url = readEndpoints().schemaRegistry;
  const now = () => 0;
  const activity = { accountId: '111122223333', uuid: 'u', eventId: 4, eventSubId: 301, eventTime: 1_700_000_000_000 };

  it('read_what_an_agent_wrote_without_changing_a_64_bit_number', async () => {
    const encoder = await registerActivitySchemas(url);
    const form = { ...activity, endpointGuid: 'g', eventHashId: '-9007199254740993', processHashId: '-1' };
    const bytes = await encoder.encode('dns-activity', form);
    const decoder = await createConfluentRegistry({ url, now }).decoderOf(encoder.schemaIdOf('dns-activity'));
    expect([bytes[0], bytes.readInt32BE(1)]).toEqual([0, encoder.schemaIdOf('dns-activity')]);
    expect(decoder(bytes.subarray(5))).toMatchObject({
      accountId: '111122223333',
      eventHashId: -9_007_199_254_740_993n,
      processHashId: -1,
    });
    expect(() => decoder(Buffer.from([1]))).toThrow();
  });

  it('say_that_an_id_is_unknown', async () => {
    const decoders = createConfluentRegistry({ url, now });
    for (const id of [0x7fff_fff0, 0x7fff_fff0, -5])
      await expect(decoders.decoderOf(id)).rejects.toMatchObject({ code: 'unknown-schema-id' });
  });

  it('never_call_an_id_unknown_when_the_registry_is_away_or_something_else_answers', async () => {
    for (const wrong of ['http://127.0.0.1:9', new URL('/nowhere', url).href])
      await expect(createConfluentRegistry({ url: wrong, now }).decoderOf(1)).rejects.toMatchObject({
        code: 'schema-registry-unavailable',
      });
  });
});
