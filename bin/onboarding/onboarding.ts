import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { type CustomSource, registrationOf, type WantedSource, wantedSource } from './custom-source.ts';
import type { RegistrationEndpoint } from './registration-endpoint.ts';
import { OnboardingError, type SecurityLake } from './security-lake.ts';

/** What a customer wants. */
export interface OnboardingPlan {
  /** The account with us, 12 digits: the external id of every role. */
  readonly account: string;
  readonly region: string;
  readonly eventClasses: readonly EventClass[];
  readonly namePrefix: string;
  /** Our AWS account, which will write. */
  readonly principal: string;
  /** The role of the crawlers, by path and name (in the account of the lake) or by ARN. */
  readonly crawlerRole: string;
  readonly dryRun: boolean;
}

/** One thing to do; `run` resolves with what became of it, in a few words. */
export interface OnboardingStep {
  readonly title: string;
  readonly run: () => Promise<string>;
}

/** The steps for one event class: the second needs the first. */
export interface ClassSteps {
  readonly eventClass: EventClass;
  readonly steps: readonly OnboardingStep[];
}

/**
 * The onboarding of one customer. Everything that is there already is used as it is, so it can be run again after
 * whatever went wrong, and for more classes later.
 */
export class Onboarding {
  readonly #plan: OnboardingPlan;
  readonly #lake: SecurityLake;
  readonly #endpoint: RegistrationEndpoint | undefined;
  readonly #sources = new Map<string, CustomSource>();
  #crawlerRoleARN = '';

  /** Without an endpoint (no API key yet) sources are made, and nothing is registered. */
  constructor(plan: OnboardingPlan, lake: SecurityLake, endpoint: RegistrationEndpoint | undefined) {
    this.#plan = plan;
    this.#lake = lake;
    this.#endpoint = endpoint;
  }

  /** What must hold before anything is made: who signs in, and that the lake is there. */
  preparations(): OnboardingStep[] {
    const { region } = this.#plan;
    return [
      { title: 'Signed in to AWS', run: () => this.#signIn() },
      { title: `Security Lake in ${region}`, run: () => this.#findLake() },
    ];
  }

  /** The source and the registration of each class. */
  classes(): ClassSteps[] {
    return this.#plan.eventClasses.map((eventClass) => {
      const wanted = wantedSource(eventClass, this.#plan.namePrefix);
      const make = { title: `custom source ${wanted.sourceName}`, run: () => this.#makeSource(wanted) };
      const register = { title: 'registration', run: () => this.#register(wanted) };
      return { eventClass, steps: this.#endpoint === undefined ? [make] : [make, register] };
    });
  }

  /** The bodies to POST for the sources that are there: for who registers by other means. */
  registrations(): ReturnType<typeof registrationOf>[] {
    return this.#plan.eventClasses.flatMap((eventClass) => {
      const source = this.#sources.get(wantedSource(eventClass, this.#plan.namePrefix).sourceName);
      return source === undefined ? [] : [registrationOf(eventClass, source)];
    });
  }

  async #signIn(): Promise<string> {
    const account = await this.#lake.account();
    const { crawlerRole } = this.#plan;
    this.#crawlerRoleARN = crawlerRole.startsWith('arn:') ? crawlerRole : `arn:aws:iam::${account}:role/${crawlerRole}`;
    for (const [name, source] of await this.#lake.sources(account)) this.#sources.set(name, source);
    return `account ${account}, which has ${this.#sources.size} custom sources`;
  }

  async #findLake(): Promise<string> {
    const bucket = await this.#lake.bucket();
    if (bucket === undefined)
      throw new OnboardingError(
        `Security Lake is not enabled in ${this.#plan.region}.\nEnable it first: AWS console, Security Lake, Get started; choose this region.`,
      );
    return `bucket ${bucket}`;
  }

  async #makeSource(wanted: WantedSource): Promise<string> {
    const { principal, account, dryRun } = this.#plan;
    const existing = this.#sources.get(wanted.sourceName);
    if (existing !== undefined) return `is there: ${existing.location}`;
    if (dryRun)
      return `would be made for ${wanted.ocsfEventClass}, writable by ${principal} with external id ${account}`;
    const identity = { principal, externalId: account, crawlerRoleARN: this.#crawlerRoleARN };
    const made = await this.#lake.create(wanted, identity);
    this.#sources.set(wanted.sourceName, made);
    return `made: ${made.location}`;
  }

  async #register({ eventClass, sourceName }: WantedSource): Promise<string> {
    const source = this.#sources.get(sourceName);
    if (source === undefined) return 'would be made once its source is there';
    const outcome = await this.#endpoint!.register(registrationOf(eventClass, source), this.#plan.dryRun);
    if (outcome === 'acceptable') return 'would be accepted';
    return outcome === 'registered' ? 'made: delivery starts with the next window' : 'is there, with this destination';
  }
}
