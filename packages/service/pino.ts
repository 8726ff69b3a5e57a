import { type DestinationStream, pino } from 'pino';
import { errorFields } from './error-fields.ts';
import { traceFields } from './spans.ts';

/**
 * A structured log: one JSON line an event, on standard output, with the ids of the span under way where something is
 * traced. Never hand it customer data or a secret.
 */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  child(fields: object): Log;
}

/** The log of one process; `level` as pino names them. A test may have its lines written elsewhere. */
export function createLog(service: string, level: string, to: DestinationStream = pino.destination(1)): Log {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceFields,
    serializers: { err: (error: unknown) => errorFields(error) },
    redact: ['*.secretAccessKey', '*.sessionToken', '*.authorization'],
  };
  return pino(options, to);
}

/** A log that says nothing, for tests. */
export const silentLog: Log = { info() {}, warn() {}, error() {}, debug() {}, child: () => silentLog };
