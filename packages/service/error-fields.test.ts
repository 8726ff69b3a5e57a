import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { z } from 'zod';
import { createLog } from './pino.ts';

const marker = 'marked-7f3a91';

/** The line that a log writes of an error. */
function lineOf(error: unknown): string {
  const lines: string[] = [];
  createLog('test', 'info', { write: (line) => void lines.push(line) }).warn({ err: error }, 'something failed');
  return lines.join('');
}

const fieldsOf = (error: unknown) => JSON.parse(lineOf(error)).err;

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** As a library throws it: what it has in its own words is not ours to judge. */
function fromLibrary(message: string, properties: object = {}, name = 'Error'): Error {
  const error = Object.assign(new Error(message), properties);
  error.name = name;
  error.stack = `${name}: ${message}\n    at parse (/app/node_modules/.pnpm/avsc@5.7.7/node_modules/avsc/lib/types.js:7:9)\n    at decode (/app/node_modules/@tributary/consumer/steps/decode.ts:3:1)`;
  return error;
}

/** Errors that quote what they were given, as those that we meet do. */
const quoting: Readonly<Record<string, () => unknown>> = {
  'JSON.parse': () => thrownBy(() => JSON.parse(`"${marker}`)),
  'JSON.parse, of a short text': () => thrownBy(() => JSON.parse(marker)),
  BigInt: () => thrownBy(() => BigInt(marker)),
  'a property of nothing': () => thrownBy(() => (undefined as never)[marker]),
  decodeURIComponent: () => thrownBy(() => decodeURIComponent(`%${marker}`)),
  zod: () => thrownBy(() => z.enum(['a']).parse(marker, { reportInput: true })),
  'a decoder of Avro': () => fromLibrary(`invalid "string": "${marker}"`),
  Redis: () =>
    fromLibrary(
      `ERR unknown command, with args beginning with: '${marker}'`,
      { command: { args: [marker] } },
      'ReplyError',
    ),
  AWS: () =>
    fromLibrary(
      `User: arn:aws:sts::1:assumed-role/${marker} is not authorized`,
      { $metadata: { httpStatusCode: 403 }, BucketName: marker, $response: { headers: { host: `${marker}.s3` } } },
      'AccessDenied',
    ),
  'a host': () =>
    fromLibrary(`getaddrinfo ENOTFOUND ${marker}`, { code: 'ENOTFOUND', hostname: marker, address: marker }),
  'several at once': () => new AggregateError([fromLibrary(marker), JSON.stringify(marker)], marker),
  'a message that looks like frames': () => fromLibrary(`x\n    at ${marker} (a.ts:1:1)`),
  'a message that was changed': () => Object.assign(fromLibrary(`x\n ${marker}`), { message: 'y' }),
  'a name that is a sentence': () => fromLibrary('x', {}, `a ${marker}`),
  'a code that is a sentence': () => fromLibrary('x', { code: `a ${marker}` }),
  'a text': () => marker,
  'an object': () => ({ [marker]: marker, message: marker }),
};

describe('an error in a log line', () => {
  it.each(Object.keys(quoting))('quotes nothing of %s, nor where it is a cause', (kind) => {
    const error = quoting[kind]!();
    expect(lineOf(error)).not.toContain(marker);
    expect(lineOf(new Fault('mapping-failed', 'offset 7', { cause: error }))).not.toContain(marker);
    expect(lineOf(new Error('ours', { cause: new Error('ours too', { cause: error }) }))).not.toContain(marker);
  });

  it('has what we wrote ourselves, with all causes, and where they were thrown', () => {
    const cause = fromLibrary('theirs', { $metadata: { httpStatusCode: 403 } }, 'AccessDenied');
    const fields = fieldsOf(new Fault('put-refused', 'put-object 403', { cause: new Error('ours', { cause }) }));
    expect(fields).toMatchObject({
      type: 'Fault',
      code: 'put-refused',
      message: expect.stringContaining('(put-object 403)'),
      stack: expect.stringMatching(/^at .*error-fields\.test\.ts:\d+:\d+/),
      cause: { type: 'Error', message: 'ours', cause: { type: 'AccessDenied', status: 403 } },
    });
    expect(fields.cause.cause.stack).toContain('avsc/lib/types.js:7:9');
    expect(fields.cause.cause.message).toBeUndefined();
  });

  it('names the neighbour that could not be reached', async () => {
    const error = await new Promise((resolve) => connect(9, '127.0.0.1').once('error', resolve));
    expect(fieldsOf(error)).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 9 });
  });

  it('has the message of the Kafka client, which knows positions only, and the protocol’s own code', () => {
    const error = fromLibrary(
      'The coordinator is not aware of this member',
      { type: 'UNKNOWN_MEMBER_ID' },
      'KafkaJSProtocolError',
    );
    expect(fieldsOf(error)).toMatchObject({ code: 'UNKNOWN_MEMBER_ID', message: error.message });
  });

  it('ends where causes go round', () => {
    const error: Error = new Error('round');
    error.cause = error;
    expect(lineOf(error).length).toBeLessThan(20_000);
  });
});
