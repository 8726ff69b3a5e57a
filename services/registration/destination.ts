import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import { prefixOfRole, readPrefix } from './prefix.ts';
import { memberProblem } from './problem.ts';

/** What this endpoint accepts as a destination. */
export interface DestinationRules {
  /** The AWS region of the home region: lakes elsewhere belong to another endpoint. */
  readonly region: AwsRegion;
  /** An operator's setting: buckets that no Security Lake made are accepted as well. */
  readonly allowAnyBucket: boolean;
}

/** The body of a POST after its shape was checked: `roleARN` or `roleArn` is there. */
export interface RegistrationBody {
  readonly eventClass: EventClass;
  readonly providerAccountID: string;
  readonly bucketName: string;
  readonly prefix?: string;
  readonly roleARN?: string;
  readonly roleArn?: string;
}

/** The destination that `body` means. Throws a Problem that points to the first member that can't be. */
export function readDestination(body: RegistrationBody, rules: DestinationRules): Destination {
  const { providerAccountID, bucketName } = body;
  const roleARN = oneRole(body);
  const member = body.roleARN === undefined ? 'roleArn' : 'roleARN';
  if (roleARN.split(':')[4] !== providerAccountID)
    throw memberProblem('wrong-account', member, `${member} is not a role of the AWS account in providerAccountID.`);
  refuseOtherBucket(bucketName, rules);
  const reading = body.prefix === undefined ? prefixOfRole(roleARN, rules.region) : readPrefix(body.prefix, bucketName);
  if ('refusal' in reading) throw memberProblem('wrong-prefix', 'prefix', reading.refusal);
  return { providerAccountID, bucketName, prefix: reading.prefix, roleARN };
}

function oneRole({ roleARN, roleArn }: RegistrationBody): string {
  if (roleARN !== undefined && roleArn !== undefined && roleARN !== roleArn)
    throw memberProblem('invalid-member', 'roleArn', 'roleARN and roleArn differ. Send one of them.');
  return (roleARN ?? roleArn)!;
}

/** Source: AWS, the boundary AmazonSecurityLakePermissionsBoundary allows S3 only on `aws-security-data-lake*`. */
function refuseOtherBucket(bucketName: string, { region, allowAnyBucket }: DestinationRules): void {
  const lake = `aws-security-data-lake-${region}-`;
  if (allowAnyBucket || (bucketName.startsWith(lake) && /^[a-z0-9-]+$/.test(bucketName.slice(lake.length)))) return;
  const detail = `bucketName must be the Security Lake bucket of ${region}: ${lake}…. Other regions have other endpoints.`;
  throw memberProblem('wrong-bucket', 'bucketName', detail);
}
