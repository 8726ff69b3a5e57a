import type { Log } from './pino.ts';
import { SettingsError } from './settings.ts';

/** A service that has been started. */
export interface RunningService {
  /** Stops in good order; at most 25 s, then the process exits all the same. */
  stop(): Promise<void>;
}

const stopWithinMs = 25_000;

/**
 * Runs a service as a process: stops it on SIGTERM and SIGINT within 25 s, and ends with exit code 1 when it fails. A bad
 * setting ends with code 2 and only the sentence. `start` gets a callback for a failure after the start.
 */
export async function runService(
  log: Log,
  start: (fail: (error: Error) => void) => Promise<RunningService>,
): Promise<void> {
  const end = (code: number) => process.exit(code);
  const fail = (error: Error) => {
    log.error({ err: error }, 'failed; the process ends so that a new one can start');
    end(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', (reason) =>
    fail(reason instanceof Error ? reason : new Error(`rejected with a ${typeof reason}`)),
  );
  try {
    const service = await start(fail);
    let stopping = false;
    const stop = (signal: string) => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      const timer = setTimeout(() => {
        log.error({ stopWithinMs }, 'did not stop in time');
        end(1);
      }, stopWithinMs);
      timer.unref();
      service.stop().then(() => end(0), fail);
    };
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
  } catch (error) {
    if (!(error instanceof SettingsError)) return fail(error as Error);
    process.stderr.write(`${error.message}\n`);
    end(2);
  }
}
