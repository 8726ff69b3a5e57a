import { connect } from 'node:net';

/**
 * The few requests of Kafka's protocol that tell whether a broker is of use, sent without a client library: a library's
 * retries would hide what we ask for, and its group would leave a trace in the broker.
 */
const api = { metadata: 3, findCoordinator: 10, heartbeat: 12, endTransaction: 26 } as const;
const timeoutMs = 5_000;

const int16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const string = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

/** Sends one request on a connection of its own and answers the body of the response. */
function ask(port: number, key: number, version: number, ...body: Buffer[]): Promise<Buffer> {
  const correlation = 1;
  const request = Buffer.concat([int16(key), int16(version), int32(correlation), string('tributary-stack'), ...body]);
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the broker does not answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker closed the connection')));
    socket.on('connect', () => socket.write(Buffer.concat([int32(request.length), request])));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received.subarray(8));
      socket.destroy();
    });
  });
}

// Java's hash of a one-letter name is its code: these four fall on four neighbouring partitions.
const names = ['a', 'b', 'c', 'd'];
const coordinatorErrors = new Map([
  [14, 'a coordinator is still loading'],
  [15, 'a coordinator is not available'],
  [16, 'a coordinator is elsewhere'],
]);

function refuseCoordinatorError(code: number) {
  const reason = coordinatorErrors.get(code);
  if (reason) throw new Error(reason);
}

/** Rejects until the broker knows itself, and every group and transaction coordinator (4 partitions each) has loaded. */
export async function checkBroker(port: number): Promise<void> {
  const allTopics = int32(-1);
  const metadata = await ask(port, api.metadata, 1, allTopics);
  if (metadata.readInt32BE(0) < 1) throw new Error('no broker in the metadata');
  for (const name of names) {
    for (const kind of ['group', 'transaction']) {
      const found = await ask(port, api.findCoordinator, 1, string(name), Buffer.of(kind === 'group' ? 0 : 1));
      refuseCoordinatorError(found.readInt16BE(4));
    }
    // A member and a producer that don't exist: a loaded coordinator says just that, and keeps nothing.
    const beat = await ask(port, api.heartbeat, 0, string(name), int32(1), string('nobody'));
    refuseCoordinatorError(beat.readInt16BE(0));
    const end = await ask(port, api.endTransaction, 0, string(name), int64(0), int16(0), Buffer.of(0));
    refuseCoordinatorError(end.readInt16BE(4));
  }
}
