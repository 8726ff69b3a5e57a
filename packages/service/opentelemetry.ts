import { DiagLogLevel, diag } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import type { Log } from './pino.ts';
import { headersOf, type TracingSettings } from './tracing-settings.ts';

/** Spans of one export; the queue is never shorter. */
const exportSpansMax = 512;

/**
 * Registers the SDK with the API: spans go to the collector in the background, from a queue that is bounded. While the
 * collector is away or slow the queue is full, and what is traced more is dropped. Resolves `stop` when the queue is sent.
 */
export function startOpenTelemetry(
  service: string,
  endpoint: string,
  settings: TracingSettings,
  log: Log,
): { stop(): Promise<void> } {
  complainOnce(log);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: headersOf(settings.OTEL_EXPORTER_OTLP_HEADERS),
    timeoutMillis: settings.OTEL_EXPORTER_OTLP_TIMEOUT,
  });
  const maxQueueSize = settings.OTEL_BSP_MAX_QUEUE_SIZE;
  const maxExportBatchSize = Math.min(exportSpansMax, maxQueueSize);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.namespace': 'tributary', 'service.name': service }),
    sampler: withLinked(samplerOf(settings)),
    spanProcessors: [
      new BatchSpanProcessor(exporter, { maxQueueSize, maxExportBatchSize, scheduledDelayMillis: 1_000 }),
    ],
  });
  provider.register({ propagator: new W3CTraceContextPropagator() });
  return { stop: () => provider.shutdown() };
}

/** A batch or window that holds something that is traced is traced, too: whatever the sampler would say. */
function withLinked(sampler: Sampler): Sampler {
  return {
    shouldSample: (...asked) =>
      asked[5].length > 0 ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : sampler.shouldSample(...asked),
    toString: () => `LinkedOr(${sampler})`,
  };
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }: TracingSettings): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(share);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** A collector that is away is said once, and not with each export. */
function complainOnce(log: Log): void {
  let isSaid = false;
  const debug = (message: string) => log.debug({ reason: message }, 'tracing');
  const complain = (message: string) => {
    if (isSaid) return debug(message);
    isSaid = true;
    log.warn({ reason: message }, 'traces do not reach the collector; what is delivered does not depend on them');
  };
  diag.setLogger({ error: complain, warn: complain, info: debug, debug, verbose: debug }, DiagLogLevel.WARN);
}
