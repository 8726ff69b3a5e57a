const line = /^tributary_consumer_events_total\{(?<labels>[^}]*)\} (?<value>[0-9.e+]+)$/gm;

/** Events that the consumer has handed off, by class, from its metrics page. */
export function routedOn(page: string): Map<string, number> {
  const routed = new Map<string, number>();
  for (const { groups } of page.matchAll(line)) {
    if (!groups!.labels!.includes('outcome="routed"')) continue;
    const eventClass = /event_class="([^"]*)"/.exec(groups!.labels!)?.[1];
    if (eventClass !== undefined) routed.set(eventClass, Number(groups!.value));
  }
  return routed;
}

/** Adds up a counter over restarts of its process, which sets it back to zero. */
export class RoutedTotals {
  readonly #total = new Map<string, number>();
  #last = new Map<string, number>();

  /** Takes a page of metrics as it is now. */
  see(page: string): void {
    const now = routedOn(page);
    for (const [eventClass, value] of now) {
      const before = this.#last.get(eventClass) ?? 0;
      this.#total.set(eventClass, (this.#total.get(eventClass) ?? 0) + (value >= before ? value - before : value));
    }
    this.#last = now;
  }

  get totals(): ReadonlyMap<string, number> {
    return this.#total;
  }
}
