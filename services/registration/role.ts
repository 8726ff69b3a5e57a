import type { AwsRegion } from '@tributary/schemas/regions.ts';
import type { Destination } from '@tributary/schemas/registration.ts';

/**
 * What the name of a role says, when Security Lake gave it. Source: AWS, Security Lake user guide, custom sources:
 * `AmazonSecurityLake-Provider-<source>-<region>`, or the older `AmazonSecurityLakeLogProviderRole-<account>-<source>`;
 * either may stand under a path. A role of any other name says nothing.
 */
export interface RoleName {
  readonly source?: string;
  readonly region?: string;
  readonly account?: string;
}

const provider = /^AmazonSecurityLake-Provider-(.+)-([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9])$/;
const logProvider = /^AmazonSecurityLakeLogProviderRole-([0-9]{12})-(.+)$/;

/** Reads the name of the role. */
export function readRole(roleARN: string): RoleName {
  const name = roleARN.slice(roleARN.lastIndexOf('/') + 1);
  const [, source, region] = provider.exec(name) ?? [];
  if (source !== undefined && region !== undefined) return { source, region };
  const [, account, older] = logProvider.exec(name) ?? [];
  return account !== undefined && older !== undefined ? { source: older, account } : {};
}

/** Why a role that Security Lake made belongs to another region or account, or undefined when nothing says so. */
export function strangeRole(role: RoleName, region: AwsRegion, providerAccountID: string): string | undefined {
  if (role.region !== undefined && role.region !== region)
    return `its name says ${role.region}, but this endpoint delivers to ${region}. Send the role of the custom source there.`;
  if (role.account !== undefined && role.account !== providerAccountID)
    return 'its name says another AWS account than providerAccountID. Send the role of the custom source.';
  return undefined;
}

/** Why the role is not that of the custom source at `prefix`, or undefined when nothing says so. */
export function roleOfOtherSource({ source }: RoleName, { prefix }: Pick<Destination, 'prefix'>): string | undefined {
  if (source === undefined || source === prefix.split('/')[1]) return undefined;
  return 'its name says another custom source than prefix. Send the role and the prefix that one CreateCustomLogSource answered.';
}
