import type { Destination, RegistrationId } from '@tributary/schemas/registration.ts';
import { destinationName, outerDestinations } from './subscriptions.ts';

type Place = Pick<Destination, 'bucketName' | 'prefix'>;

/** Who holds which bucket and prefix, in memory. No question takes longer because there are many. */
export class HeldPlaces {
  readonly #holders = new Map<string, RegistrationId>();
  /** Of each folder that contains held places, their names. */
  readonly #within = new Map<string, Set<string>>();

  hold(place: Place, registration: RegistrationId): void {
    const name = destinationName(place);
    this.#holders.set(name, registration);
    for (const outer of outerDestinations(place)) {
      const names = this.#within.get(outer) ?? new Set();
      this.#within.set(outer, names.add(name));
    }
  }

  /** Does nothing when another registration holds the place. */
  release(place: Place, registration: RegistrationId): void {
    const name = destinationName(place);
    if (this.#holders.get(name) !== registration) return;
    this.#holders.delete(name);
    for (const outer of outerDestinations(place)) this.#within.get(outer)?.delete(name);
  }

  holderOf(place: Place): RegistrationId | undefined {
    return this.#holders.get(destinationName(place));
  }

  /** Who holds a place that contains this one or lies in it. */
  nestedHoldersOf(place: Place): RegistrationId[] {
    const names = [...outerDestinations(place), ...(this.#within.get(destinationName(place)) ?? [])];
    return names.flatMap((name) => this.#holders.get(name) ?? []);
  }
}
