import type { AwsRegion } from '@tributary/schemas/regions.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import type { bodies } from '@tributary/schemas/rest/bodies.ts';
import type { FromSchema } from 'json-schema-to-ts';
import { prefixOfRole, readPrefix } from './prefix.ts';
import { memberProblem } from './problem.ts';
import { readRole, roleOfOtherSource, strangeRole } from './role.ts';

/** What this endpoint accepts as a destination. */
export interface DestinationRules {
  /** The AWS region of the home region: lakes elsewhere belong to another endpoint. */
  readonly region: AwsRegion;
  /** An operator's setting: buckets that no Security Lake made are accepted as well. */
  readonly allowAnyBucket: boolean;
}

/** The body of a POST after its shape was checked: `roleARN` or `roleArn` is there. */
export type RegistrationBody = FromSchema<typeof bodies.RegistrationRequest>;
/** The body of a PUT after its shape was checked. */
export type DestinationBody = FromSchema<typeof bodies.DestinationRequest>;

/** The destination that `body` means. Throws a Problem that points to the first member that can't be. */
export function readDestination(body: DestinationBody, rules: DestinationRules): Destination {
  const { providerAccountID, bucketName } = body;
  const roleARN = oneRole(body);
  const member = body.roleARN === undefined ? 'roleArn' : 'roleARN';
  if (roleARN.split(':')[4] !== providerAccountID)
    throw memberProblem('wrong-account', member, `${member} is not a role of the AWS account in providerAccountID.`);
  refuseOtherBucket(bucketName, rules);
  const role = readRole(roleARN);
  const refuse = (refusal: string | undefined) => {
    if (refusal !== undefined) throw memberProblem('wrong-role', member, `${member} does not fit: ${refusal}`);
  };
  refuse(strangeRole(role, rules.region, providerAccountID));
  const reading = body.prefix === undefined ? prefixOfRole(role) : readPrefix(body.prefix, bucketName);
  if ('refusal' in reading) throw memberProblem('wrong-prefix', 'prefix', reading.refusal);
  refuse(roleOfOtherSource(role, reading));
  return { providerAccountID, bucketName, prefix: reading.prefix, roleARN };
}

function oneRole({ roleARN, roleArn }: DestinationBody): string {
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
