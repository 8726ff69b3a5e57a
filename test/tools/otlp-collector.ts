import { createServer, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly boolValue?: boolean;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly { readonly key: string; readonly value: OtlpValue }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** A collector of traces (OTLP/HTTP, JSON) that can be told to answer nothing. */
export class OtlpCollector {
  readonly spans: ReceivedSpan[] = [];
  /** Every body that arrived, for a test to search. */
  readonly bodies: string[] = [];
  #silent = false;
  #requests = 0;
  readonly #held: ServerResponse[] = [];
  #server: Server | undefined;

  /** How many exports came, also those that got no answer. */
  get requests(): number {
    return this.#requests;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as { port: number }).port}`;
  }

  async start(): Promise<this> {
    this.#server = createServer(async (request, response) => {
      this.#requests += 1;
      const body = await text(request).catch(() => '');
      if (this.#silent) return void this.#held.push(response);
      this.#take(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Takes what is sent and never answers. */
  hang(): void {
    this.#silent = true;
  }

  async stop(): Promise<void> {
    for (const response of this.#held) response.destroy();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server === undefined ? resolve(undefined) : this.#server.close(resolve)));
  }

  #take(body: string): void {
    this.bodies.push(body);
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      const service = String(attributesOf(resource)['service.name']);
      for (const { spans } of scopeSpans as { spans: OtlpSpan[] }[])
        for (const span of spans)
          this.spans.push({
            service,
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId,
            name: span.name,
            attributes: attributesOf(span),
            links: span.links ?? [],
          });
    }
  }
}

function attributesOf({ attributes = [] }: Pick<OtlpSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  );
}
