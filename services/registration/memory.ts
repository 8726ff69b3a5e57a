import type { RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type {
  Deliveries,
  Delivery,
  ProbedDestination,
  ProbeOutcome,
  Prober,
  RegistrationStatus,
  Statuses,
} from './neighbours.ts';

/** A prober for tests: it answers what it was told to, and remembers what it was asked. */
export class MemoryProber implements Prober {
  /** What the next probes answer, or throw. */
  outcome: ProbeOutcome | Error = { ok: true };
  readonly asked: ProbedDestination[] = [];

  async probe(destination: ProbedDestination): Promise<ProbeOutcome> {
    this.asked.push(destination);
    if (this.outcome instanceof Error) throw this.outcome;
    return this.outcome;
  }
}

/** Receipts in memory, for tests and until something reads them from Kafka. */
export class MemoryDeliveries implements Deliveries {
  readonly #all: Delivery[] = [];

  add(receipt: Delivery['receipt']): void {
    this.#all.push({ position: this.#all.length, receipt });
  }

  async recent(
    registration: RegistrationId,
    { limit, before = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly before?: number },
  ): Promise<readonly Delivery[]> {
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
