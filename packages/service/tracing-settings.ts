import { z } from 'zod';
import { integerSetting, type Rule } from './settings.ts';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** OpenTelemetry's own names and meanings; of what it defines, these are what a service takes. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('the URL of an OTLP/HTTP collector, without /v1/traces; nothing is traced where it is not set'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/json']).default('http/json').describe('http/json'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$/, 'it is no list of name=value')
    .optional()
    .describe('name=value pairs for the collector, separated by commas, values percent-encoded'),
  OTEL_EXPORTER_OTLP_TIMEOUT: integerSetting(10_000, 1, 60_000, 'milliseconds that an export may take'),
  OTEL_BSP_MAX_QUEUE_SIZE: integerSetting(2_048, 64, 65_536, 'spans that wait for the collector; more are dropped'),
  OTEL_TRACES_SAMPLER: z.enum(samplers).default('parentbased_always_on').describe(samplers.join(', ')),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('the share that a traceidratio sampler traces: a number from 0 to 1'),
};

/** The settings of tracing, by the environment's own names. */
export type TracingSettings = z.output<z.ZodObject<typeof tracingSettings>>;

/** Headers are percent-encoded; what can't be decoded would never reach the collector. */
export const tracingRules: Rule<TracingSettings> = ({ OTEL_EXPORTER_OTLP_HEADERS: headers }) => {
  try {
    headersOf(headers);
    return [];
  } catch {
    return ['OTEL_EXPORTER_OTLP_HEADERS (a secret): it is not percent-encoded'];
  }
};

/** The headers for the collector. */
export function headersOf(pairs: string | undefined): Record<string, string> {
  const entries = (pairs ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    entries.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}
