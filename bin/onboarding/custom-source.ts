import type { EventClass } from '@tributary/schemas/event-classes.ts';

/** A custom source as Security Lake answers it: where to write, and as whom. */
export interface CustomSource {
  readonly sourceName: string;
  /** `s3://<bucket>/ext/<name>/…`. */
  readonly location: string;
  readonly roleARN: string;
}

/** What Security Lake is asked to make for one event class. */
export interface WantedSource {
  readonly eventClass: EventClass;
  readonly sourceName: string;
  /** Security Lake's name of the OCSF class. Source: AWS, "Adding a custom source". */
  readonly ocsfEventClass: string;
}

const sources: Readonly<Record<EventClass, { readonly suffix: string; readonly ocsfEventClass: string }>> = {
  'file-activity': { suffix: 'file', ocsfEventClass: 'FILE_SYSTEM_ACTIVITY' },
  'process-activity': { suffix: 'process', ocsfEventClass: 'PROCESS_ACTIVITY' },
  'network-activity': { suffix: 'network', ocsfEventClass: 'NETWORK_ACTIVITY' },
  'registry-value-activity': { suffix: 'registry', ocsfEventClass: 'REGISTRY_VALUE_ACTIVITY' },
  'dns-activity': { suffix: 'dns', ocsfEventClass: 'DNS_ACTIVITY' },
  'account-change-audit': { suffix: 'account', ocsfEventClass: 'ACCOUNT_CHANGE' },
};

/**
 * Longest name of a source, so that `AmazonSecurityLake-Provider-<name>-<region>` fits into a role's name. Source: AWS,
 * CreateCustomLogSource, sourceName.
 */
export const sourceNameLengthMax = 20;

/** Longest prefix of the names, so that the longest of them (`<prefix>-registry`) still fits. */
export const namePrefixLengthMax =
  sourceNameLengthMax - 1 - Math.max(...Object.values(sources).map(({ suffix }) => suffix.length));

/** The custom source of `eventClass`: every class needs one of its own, called `<namePrefix>-<class>`. */
export function wantedSource(eventClass: EventClass, namePrefix: string): WantedSource {
  const { suffix, ocsfEventClass } = sources[eventClass];
  return { eventClass, sourceName: `${namePrefix}-${suffix}`, ocsfEventClass };
}

/** The body of the registration for a source that was made. Throws when the source is none that can be registered. */
export function registrationOf(eventClass: EventClass, { sourceName, location, roleARN }: CustomSource) {
  const bucketName = /^s3[an]?:\/\/([^/]+)\/./.exec(location)?.[1];
  const providerAccountID = /^arn:[a-z-]+:iam::([0-9]{12}):role\//.exec(roleARN)?.[1];
  if (bucketName === undefined || providerAccountID === undefined)
    throw new Error(`Security Lake answered no location or role for ${sourceName}: ${location}, ${roleARN}.`);
  return { eventClass, providerAccountID, bucketName, prefix: location, roleARN };
}
