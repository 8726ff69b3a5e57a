import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { isLoopback } from '@tributary/schemas/loopback.ts';
import kafkajs, { type ISocketFactoryArgs, type Kafka, type LogEntry, type SASLOptions } from 'kafkajs';
import { type ClientCredentials, tokensOf } from './kafkajs-oauth.ts';

/** The part of a service's log that this package uses. */
export interface StreamLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** A user with a password, or a client that gets its tokens (OAuth client credentials) from `endpoint`. */
export type KafkaLogin =
  | { readonly mechanism: 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  | ({ readonly mechanism: 'oauthbearer' } & ClientCredentials);

/** How a cluster is reached. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS with the system's authorities (`true`) or with options of node:tls. Absent: plain, for loopback only. */
  readonly ssl?: boolean | ConnectionOptions;
  /** As whom; absent: as nobody. */
  readonly sasl?: KafkaLogin;
  readonly log: StreamLog;
  /** Sees every socket before it is used: tests cut and hold back answers here. */
  readonly onSocket?: (socket: Socket) => void;
}

/**
 * A Kafka client of its own, with its own sockets. Each part of a stream has one: kafkajs keeps committed offsets per
 * client and group, so two members of a group in one client would read each other's.
 */
export interface OwnClient {
  readonly kafka: Kafka;
  /**
   * Cuts every connection at once, and refuses new ones: what kafkajs may still retry by itself afterwards never
   * reaches a broker.
   */
  cut(): void;
}

const keepAliveMs = 60_000;
const connectionTimeoutMs = 5_000;

/** Makes a client; `retries` bounds how often kafkajs tries one operation, with pauses of 0.1 to 1 s. */
export function createClient(connection: KafkaConnection, retries = 8): OwnClient {
  /** Each with the TCP connection below it: TLS itself can't be reset. */
  const sockets = new Map<Socket, Socket>();
  let isCut = false;
  const socketFactory = ({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket => {
    if (isCut) throw new Error('the client was cut off');
    // Also a broker that the cluster itself names: it may be elsewhere than the one that was asked first.
    if (!ssl && !isLoopback(host)) throw new Error(`${host} is not on this machine and would be reached without TLS`);
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const tcp = ssl ? connectTcp({ host, port }) : connectTcp({ host, port }, onConnect);
    const socket = ssl ? connectTls({ socket: tcp, host, ...servername, ...ssl }, onConnect) : tcp;
    tcp.setKeepAlive(true, keepAliveMs);
    sockets.set(socket, tcp);
    connection.onSocket?.(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const kafka = new kafkajs.Kafka({
    // An invalid broker is the one answer after which kafkajs doesn't try another seed: it ends what it still tries.
    brokers: () => (isCut ? [''] : [...connection.brokers]),
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: saslOf(connection.sasl) }),
    connectionTimeout: connectionTimeoutMs,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => isCut || writeLog(connection.log, entry),
    socketFactory,
  });
  const cut = () => {
    isCut = true;
    for (const [socket, tcp] of sockets) {
      // A reset also throws away what the kernel hasn't sent yet, but tells kafkajs nothing.
      if (tcp.connecting || tcp.destroyed || socket.writableEnded) tcp.destroy();
      else tcp.resetAndDestroy();
      if (socket !== tcp) socket.destroy();
      socket.emit('error', new Error('the client was cut off'));
    }
  };
  return { kafka, cut };
}

function saslOf(login: KafkaLogin): SASLOptions {
  if (login.mechanism !== 'oauthbearer') return { ...login };
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await tokensOf(login)() }) };
}

const loggedFields = ['broker', 'groupId', 'memberId', 'topic', 'partition', 'retryCount', 'retryTime'] as const;

/**
 * kafkajs logs every failed try as an error; what matters reaches us as a rejected call. So its errors are warnings, the
 * rest is debug, and of its fields only positions and names are kept: payloads and keys never reach the log.
 */
function writeLog(log: StreamLog, { level, namespace, log: entry }: LogEntry): void {
  const fields: Record<string, unknown> = { kafkajs: namespace };
  for (const name of loggedFields) if (entry[name] !== undefined) fields[name] = entry[name];
  if (typeof entry.error === 'string') fields.reason = entry.error;
  const expected = /^Response |idempotent producer may invalidate|group is rebalancing/.test(entry.message);
  if (level <= kafkajs.logLevel.WARN && level > 0 && !expected) log.warn(fields, entry.message);
  else log.debug(fields, entry.message);
}

/** The `type` of the protocol error inside an error of kafkajs, which wraps causes in causes, and several in one. */
export function errorType(error: unknown): string | undefined {
  let at = error as { type?: string; cause?: unknown; errors?: readonly unknown[] } | undefined;
  while (at instanceof Object) {
    if (typeof at.type === 'string') return at.type;
    at = (at.cause ?? at.errors?.[0]) as typeof at;
  }
  return undefined;
}
