import type { Probe, ProbeOutcome, Prober } from '@tributary/lake';
import type { RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { ProbeRefusal } from '@tributary/schemas/rest/probe-refusals.ts';
import type { Deliveries, Delivery, RegistrationStatus, Statuses } from './neighbours.ts';

/** What a probe finds, when it found it at once. */
export type Found =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: ProbeRefusal; readonly sentence: string };

/** A prober for tests of the endpoint: it answers what it was told to, and remembers what it was asked. */
export class ToldProber implements Pick<Prober, 'probe'> {
  /** What the next probes answer, or throw. */
  outcome: Found | Error = { ok: true };
  readonly asked: Probe[] = [];

  async probe(probe: Probe): Promise<ProbeOutcome> {
    this.asked.push(probe);
    if (this.outcome instanceof Error) throw this.outcome;
    return { ...this.outcome, retries: 0, retriedForMs: 0 };
  }
}

/** Receipts in memory, for tests and until something reads them from Kafka. */
export class MemoryDeliveries implements Deliveries {
  /** False while receipts are still being read, as after a start. */
  areKnown = true;
  readonly #all: Delivery[] = [];

  add(receipt: Delivery['receipt']): void {
    this.#all.push({ position: this.#all.length, receipt });
  }

  async recent(
    registration: RegistrationId,
    { limit, before = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly before?: number },
  ): Promise<readonly Delivery[] | undefined> {
    if (!this.areKnown) return undefined;
    const own = this.#all.filter(({ receipt, position }) => receipt.registration === registration && position < before);
    return own.reverse().slice(0, limit);
  }
}

/** Statuses in memory; nothing is known of a registration until a test says it. */
export class MemoryStatuses implements Statuses {
  readonly known = new Map<RegistrationId, RegistrationStatus>();

  async of({ registration }: RegistrationRecord): Promise<RegistrationStatus | undefined> {
    return this.known.get(registration);
  }
}
