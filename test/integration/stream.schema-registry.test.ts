import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createConfluentRegistry } from '@tributary/stream/confluent-schema-registry.ts';
import { describeRegistry } from '@tributary/stream/schema-registry.contract.ts';

const unique = `r${process.pid}_${Date.now()}`;

describeRegistry('the registry on the Confluent API', () => ({
  connect: (now) => createConfluentRegistry({ url: readEndpoints().schemaRegistry, now }),
  connectToNothing: () => createConfluentRegistry({ url: 'http://127.0.0.1:9', now: Date.now }),
  unique,
}));

/*
 * The story: a proxy before the registry answered a page to sign in, with the status 200. Each id that was looked up in
 * that minute counted as broken for ever, and all its events were rejected.
 */
describe('what answers in a registry’s place', () => {
  const avro = { schema: JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'id', type: 'long' }] }) };
  const answers: Record<string, { status: number; body: string; length?: number }> = {
    '1': { status: 200, body: JSON.stringify(avro) },
    '2': { status: 200, body: '<html>sign in</html>' },
    '3': { status: 200, body: '{}' },
    '4': { status: 200, body: '{"schema":"{\\"ty' },
    '5': { status: 200, body: '{"schema":', length: 500 },
    '6': { status: 500, body: 'null' },
    '7': { status: 404, body: '{"message":"no route matched"}' },
    '8': { status: 302, body: '<html>' },
    '11': { status: 200, body: '{"schema":"{\\"type\\":\\"nonsense\\"}"}' },
    '12': { status: 200, body: '{"schemaType":"XML","schema":"<x/>"}' },
    '21': { status: 404, body: '{"error_code":40403,"message":"not found"}' },
    '22': { status: 400, body: '{"error_code":400,"message":"not an id"}' },
    '23': { status: 422, body: '{"error_code":42201,"message":"unprocessable"}' },
  };
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.headers.authorization} ${request.url}`);
    const { status, body, length } = answers[request.url!.split('/').at(-1)!]!;
    response.writeHead(status, length === undefined ? {} : { 'content-length': length });
    if (length === undefined) response.end(body);
    else response.write(body, () => response.destroy());
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const connect = () => createConfluentRegistry({ url, auth: { username: 'u', password: 'p' }, now: () => 0 });

  it('is_asked_with_the_credentials_and_its_schema_decodes', async () => {
    const decode = await connect().decoderOf(1);
    expect({ ...decode(Buffer.from([14])) }).toEqual({ id: 7 });
    expect(paths.at(-1)).toBe(`Basic ${Buffer.from('u:p').toString('base64')} /schemas/ids/1`);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('is_an_outage_where_it_is_no_answer_of_a_registry_%i', async (id) => {
    await expect(connect().decoderOf(id)).rejects.toMatchObject({ code: 'schema-registry-unavailable' });
  });

  it.each([11, 12])('is_the_fault_of_a_schema_that_came_whole_and_is_no_avro_%i', async (id) => {
    await expect(connect().decoderOf(id)).rejects.toMatchObject({ code: 'undecodable-avro' });
  });

  it.each([21, 22, 23])('is_the_fault_of_the_id_where_the_registry_says_so_%i', async (id) => {
    await expect(connect().decoderOf(id)).rejects.toMatchObject({ code: 'unknown-schema-id' });
  });
});
