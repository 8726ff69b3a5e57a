/** One series of an answer, with its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series over a time, as pairs of s since the epoch and value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: number, value: number])[];
}

/** From when to when, s since the epoch, and how many seconds between two values. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** An alert as Prometheus sees it now. */
export interface ActiveAlert {
  readonly name: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
}

const answerWithinMs = 10_000;

/**
 * Asks a Prometheus by its HTTP API. Every method rejects with a sentence that names the server when it doesn't answer, and
 * with the server's own words when it refuses a query.
 */
export class PrometheusApi {
  readonly url: string;

  /** `url`: the base of the server, such as http://127.0.0.1:9090. */
  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
  }

  /** Every alert that is pending or fires now. */
  async alerts(): Promise<ActiveAlert[]> {
    const { alerts } = await this.#ask<{ alerts: { state: ActiveAlert['state']; labels: Record<string, string> }[] }>(
      'alerts',
    );
    return alerts.map(({ state, labels }) => ({ name: labels.alertname ?? '', state, labels }));
  }

  /** What a query answers now. */
  async query(query: string): Promise<Sample[]> {
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      'query',
      { query },
    );
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** What a query answered over a time. */
  async range(query: string, { start, end, step }: Span): Promise<Series[]> {
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; values: [number, string][] }[] }>(
      'query_range',
      { query, start: String(start), end: String(end), step: String(step) },
    );
    return result.map(({ metric, values }) => ({
      labels: metric,
      values: values.map(([at, value]) => [at, Number(value)] as const),
    }));
  }

  /** The names of all metrics of which it has ever kept a value. */
  names(): Promise<string[]> {
    return this.#ask<string[]>('label/__name__/values');
  }

  async #ask<Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
      signal: AbortSignal.timeout(answerWithinMs),
    }).catch((error: Error) => {
      throw new Error(`No Prometheus answers at ${this.url} (${error.message}).`);
    });
    const { data, error } = (await answer.json().catch(() => ({}))) as { data?: Data; error?: string };
    if (!answer.ok || data === undefined)
      throw new Error(`${this.url} answered ${answer.status}: ${error ?? 'not what a Prometheus answers'}.`);
    return data;
  }
}
