import { expect, it } from '@jest/globals';
import { createClient } from './kafkajs-client.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };

it('opens_no_plain_connection_to_another_machine_whoever_named_it', async () => {
  const sockets: unknown[] = [];
  const connection = {
    brokers: ['192.0.2.1:9092'],
    clientId: 'test',
    log,
    onSocket: (one: unknown) => sockets.push(one),
  };
  const admin = createClient(connection, 0).kafka.admin();
  await expect(admin.connect()).rejects.toThrow('would be reached without TLS');
  expect(sockets).toEqual([]);
});
