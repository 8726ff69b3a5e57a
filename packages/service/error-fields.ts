import { isIP } from 'node:net';

/** What a log line has of an error. */
export interface ErrorFields {
  /** The name of its class. */
  readonly type: string;
  readonly code?: string;
  /** Only where we wrote it, or the Kafka client did. */
  readonly message?: string;
  readonly status?: number;
  readonly syscall?: string;
  /** An IP address. */
  readonly address?: string;
  readonly port?: number;
  /** Where it was thrown: one frame a line, without the message. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
  readonly errors?: readonly ErrorFields[];
}

interface KnownParts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly syscall?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

const depthMax = 6;
/** A line of V8's stack traces. */
const frame = /^ {4}at .*(?:\)|:\d+:\d+|<anonymous>)$/;
const errorsMax = 5;
/** A name, and no sentence. */
const word = /^[\w.$-]{1,64}$/;
/** Classes of errors whose texts are ours, beside plain Errors that our own code throws. */
const ours: ReadonlySet<string> = new Set([
  'Fault',
  'SettingsError',
  'WrongTopics',
  'UnreadableJournal',
  'TooManyGenerations',
  'EncoderBroken',
  'Problem',
]);
/** Code of others: Node's own, a library, WebAssembly. Our packages lie among the libraries in an image. */
const ofOthers = /\(?node:|\(<anonymous>\)|wasm:|node_modules\/(?!@tributary\/|\.pnpm\/@tributary)/;

/**
 * An error as log lines have it. Parsers, decoders and the clients of Redis and AWS quote in their messages and
 * properties what they were given: events, keys, buckets, roles. So of the errors of others there are only names, codes and the
 * place; a message is kept where we wrote it ourselves, which must hold no customer data (as a Fault's detail).
 */
export function errorFields(error: unknown, depth = 0): ErrorFields | undefined {
  if (error === null || error === undefined) return undefined;
  if (typeof error !== 'object') return { type: typeof error };
  const { cause, errors, code, type, syscall, address, port, $metadata } = error as KnownParts;
  const frames = framesOf(error);
  const status = $metadata?.httpStatusCode;
  const within = depth < depthMax;
  return defined({
    type: nameOf(error),
    code: [code, type].find(isWord),
    message: messageOf(error, frames),
    status: typeof status === 'number' ? status : undefined,
    syscall: isWord(syscall) ? syscall : undefined,
    address: typeof address === 'string' && isIP(address) > 0 ? address : undefined,
    port: typeof port === 'number' ? port : undefined,
    stack: frames.length === 0 ? undefined : frames.join('\n'),
    cause: within ? errorFields(cause, depth + 1) : undefined,
    errors:
      within && Array.isArray(errors)
        ? errors.slice(0, errorsMax).flatMap((one) => errorFields(one, depth + 1) ?? [])
        : undefined,
  });
}

function messageOf(error: object, frames: readonly string[]): string | undefined {
  const { message } = error as KnownParts;
  if (typeof message !== 'string') return undefined;
  const name = nameOf(error);
  const isThrownByUs = name === 'Error' && frames[0] !== undefined && !ofOthers.test(frames[0]);
  return isThrownByUs || ours.has(name) || name.startsWith('KafkaJS') ? message : undefined;
}

function nameOf(error: object): string {
  const { name } = error as KnownParts;
  return [name, error.constructor?.name].find(isWord) ?? 'unknown';
}

/** The lines of the stack that name a place. The message stands before them, and may look like anything. */
function framesOf({ stack, message }: KnownParts): string[] {
  if (typeof stack !== 'string') return [];
  const at = typeof message === 'string' ? stack.indexOf(message) : -1;
  const lines = stack.slice(at < 0 ? 0 : at + (message as string).length).split('\n');
  const last = lines.findLastIndex((line) => !frame.test(line));
  return lines.slice(last + 1).map((line) => line.trim());
}

const isWord = (value: unknown): value is string => typeof value === 'string' && word.test(value);

function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
