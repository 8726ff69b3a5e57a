import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { customerClients } from '../demo/customer.ts';

type Clients = ReturnType<typeof customerClients>;

/** What Security Lake makes in the customer's account for one source. */
export interface ProviderRole {
  readonly roleName: string;
  readonly bucketName: string;
  /** Key prefix, with a slash at its end. */
  readonly prefix: string;
  readonly principal: string;
  readonly externalId: string;
}

const policyName = 'SecurityLakeProvider';

/**
 * Makes the role that may put under the source's prefix and trusts `principal` if it says the external id. AWS publishes
 * neither its inline policy nor whether it may do more; ours may do no more than what we need.
 */
export async function makeProviderRole({ iam }: Clients, role: ProviderRole): Promise<string> {
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: role.principal },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': role.externalId } },
  };
  const put = { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${role.bucketName}/${role.prefix}*` };
  const made = await iam.send(
    new CreateRoleCommand({ RoleName: role.roleName, AssumeRolePolicyDocument: document(trust) }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role.roleName, PolicyName: policyName, PolicyDocument: document(put) }),
  );
  return made.Role!.Arn!;
}

/** Removes it again. */
export async function removeProviderRole({ iam }: Clients, roleName: string): Promise<void> {
  await iam.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName: policyName }));
  await iam.send(new DeleteRoleCommand({ RoleName: roleName }));
}

/** Whether the account has the role. */
export async function hasRole({ iam }: Clients, roleARN: string): Promise<boolean> {
  const RoleName = roleARN.slice(roleARN.lastIndexOf('/') + 1);
  return iam.send(new GetRoleCommand({ RoleName })).then(
    ({ Role }) => Role?.Arn === roleARN,
    () => false,
  );
}

/** The lake's bucket, made when it is missing. */
export async function makeBucket({ s3 }: Clients, bucketName: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucketName })).catch((error: Error) => {
    if (!/^BucketAlready/.test(error.name)) throw error;
  });
}

const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
