import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { Fault } from '@tributary/schemas/faults.ts';

/** Contexts that a batch or a window is linked to, at most. */
export const linksMax = 32;

/** The header of W3C Trace Context, in Kafka as in HTTP. Its companion `tracestate` and baggage are never read or sent. */
export const traceHeader = 'traceparent';

const traceparentLength = 55;
const tracer = trace.getTracer('tributary');
let isOn = false;

/** What a span is told when it begins. No value of an event, no secret, no bucket, role or object key. */
export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  /** Asked for only where something is traced, as links are. */
  readonly attributes?: () => Attributes;
  readonly links?: () => Link[];
  /** Of whom the span is a child: a traceparent, or nobody. Without it, of the span under way. */
  readonly parent?: { readonly traceparent: string | undefined };
}

/** Says more of a span, once it is known. */
export type Note = (attributes: Attributes) => void;

const nothingNoted: Note = () => {};

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** From here on spans are made. Called once, when the SDK is registered. */
export function switchOn(): void {
  isOn = true;
}

/**
 * Does the work within a span. Where nothing is traced, and for a part of a whole that isn't, it only does the work. A failure leaves its fault, or the kind of
 * the error, in the span: never its message, which may quote an event.
 */
export async function inSpan<T>(name: string, options: SpanOptions, work: (note: Note) => Promise<T>): Promise<T> {
  if (!isOn || (options.parent === undefined && trace.getActiveSpan() === undefined)) return work(nothingNoted);
  const { kind, attributes, links, parent } = options;
  const settings = {
    kind: kind ? kinds[kind] : SpanKind.INTERNAL,
    attributes: attributes?.() ?? {},
    links: links?.() ?? [],
  };
  return tracer.startActiveSpan(name, settings, parentOf(parent), async (span) => {
    try {
      return await work((more) => void span.setAttributes(more));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', error instanceof Fault ? error.code : (error as Error)?.name || 'unknown');
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The header that carries the span under way on; no header where nothing is traced. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (isOn) propagation.inject(context.active(), headers);
  return headers;
}

/** The ids of the span under way, as log lines carry them. */
export function traceFields(): object {
  const span = isOn ? trace.getActiveSpan()?.spanContext() : undefined;
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** Links to the distinct contexts among these that are traced, at most `linksMax`. */
export function linksTo(traceparents: Iterable<string | Buffer | undefined>): Link[] {
  const links = new Map<string, Link>();
  for (const given of traceparents) {
    if (given?.length !== traceparentLength) continue;
    const traceparent = given.toString();
    if (links.has(traceparent)) continue;
    const linked = trace.getSpanContext(contextOf(traceparent));
    if (linked === undefined || (linked.traceFlags & TraceFlags.SAMPLED) === 0) continue;
    links.set(traceparent, { context: linked });
    if (links.size === linksMax) break;
  }
  return [...links.values()];
}

function parentOf(parent: SpanOptions['parent']): Context {
  return parent === undefined ? context.active() : contextOf(parent.traceparent);
}

function contextOf(traceparent: string | undefined): Context {
  return traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { [traceHeader]: traceparent });
}
