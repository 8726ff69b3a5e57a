import type { Log } from './pino.ts';
import type { RunningService } from './process.ts';
import { switchOn } from './spans.ts';
import type { TracingSettings } from './tracing-settings.ts';
import { within } from './within.ts';

/** A stop has to end within 25 s, with or without the last spans. */
const flushWithinMs = 1_500;

/**
 * Starts a service, traced where the settings name a collector. Only then the SDK is loaded. When the service has stopped,
 * what is still to be sent gets a moment.
 */
export async function startTraced(
  name: string,
  settings: TracingSettings,
  log: Log,
  start: () => Promise<RunningService>,
): Promise<RunningService> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return start();
  const { startOpenTelemetry } = await import('./opentelemetry.ts');
  const tracing = startOpenTelemetry(name, endpoint, settings, log);
  switchOn();
  const service = await start();
  return {
    stop: async () => {
      await service.stop();
      await within(
        flushWithinMs,
        tracing.stop().catch(() => {}),
      );
    },
  };
}
