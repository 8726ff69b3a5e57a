import type { CustomSource, WantedSource } from './custom-source.ts';

/** The customer's Security Lake in one region, as the administrator of its AWS account sees it. */
export interface SecurityLake {
  /** The AWS account of the credentials in use. */
  account(): Promise<string>;
  /** The lake's bucket; undefined where Security Lake isn't enabled in the region. */
  bucket(): Promise<string | undefined>;
  /** Every custom source of the account in the region, by name. */
  sources(account: string): Promise<ReadonlyMap<string, CustomSource>>;
  /** Makes a source that `principal` may write to when it says `externalId`. */
  create(
    wanted: WantedSource,
    identity: { readonly principal: string; readonly externalId: string; readonly crawlerRoleARN: string },
  ): Promise<CustomSource>;
  close(): void;
}

/** A step of the onboarding that can't be done; the message says what to do next. */
export class OnboardingError extends Error {
  override name = 'OnboardingError';
}
