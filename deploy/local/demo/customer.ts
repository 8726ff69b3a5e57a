import { CreateRoleCommand, EntityAlreadyExistsException, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { BucketAlreadyExists, BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { Endpoints } from '../endpoints.ts';
import { simulatedAccounts } from '../feed/fleet.ts';

/** A customer of the demo: an account with us, a lake in the customer's AWS account, and an API key. */
export interface DemoCustomer {
  /** The account with us, 12 digits; also the external id of its roles. */
  readonly account: string;
  readonly bucketName: string;
  /** The classes it registers for. */
  readonly eventClasses: readonly EventClass[];
}

/** What CreateCustomLogSource would have answered for one class. */
export interface CustomSource {
  readonly eventClass: EventClass;
  readonly prefix: string;
  readonly roleARN: string;
}

const sourceNames: Record<EventClass, string> = {
  'file-activity': 'file',
  'process-activity': 'process',
  'network-activity': 'network',
  'registry-value-activity': 'registry',
  'dns-activity': 'dns',
  'account-change-audit': 'account',
};

/** The class of the custom source under whose prefix `key` lies; undefined when it is none that `makeLake` made. */
export function eventClassOfKey(key: string): EventClass | undefined {
  const source = /^ext\/[^/]+-([a-z]+)\/1\.0\//.exec(key)?.[1];
  return eventClassNames.find((eventClass) => sourceNames[eventClass] === source);
}

/** The accounts of a demo with `count` customers: the second registers for two classes only, the third for none. */
export function demoCustomers(count: number, region: string): DemoCustomer[] {
  return simulatedAccounts(count).map((account, at) => ({
    account,
    bucketName: `aws-security-data-lake-${region}-customer${at + 1}`,
    eventClasses: at === 1 ? eventClassNames.slice(0, 2) : at === 2 ? [] : eventClassNames,
  }));
}

/** Clients as the administrator of the customers' AWS account. */
export function customerClients(endpoints: Endpoints): { s3: S3Client; iam: IAMClient; close(): void } {
  const { accessKeyId, secretAccessKey } = endpoints.awsUsers.customer;
  const settings = {
    endpoint: endpoints.aws,
    region: endpoints.awsRegion,
    credentials: { accessKeyId, secretAccessKey },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const iam = new IAMClient(settings);
  return {
    s3,
    iam,
    close: () => {
      s3.destroy();
      iam.destroy();
    },
  };
}

/**
 * Makes what Security Lake would make in the customer's AWS account: the bucket, and for each class a role that may put
 * under its own prefix and trusts our account if the external id is the customer's account with us. Can be run again.
 */
export async function makeLake(endpoints: Endpoints, customer: DemoCustomer): Promise<CustomSource[]> {
  const { s3, iam, close } = customerClients(endpoints);
  try {
    await s3.send(new CreateBucketCommand({ Bucket: customer.bucketName })).catch((error: unknown) => {
      if (!(error instanceof BucketAlreadyOwnedByYou || error instanceof BucketAlreadyExists)) throw error;
    });
    return await Promise.all(eventClassNames.map((eventClass) => makeSource(iam, endpoints, customer, eventClass)));
  } finally {
    close();
  }
}

async function makeSource(
  iam: IAMClient,
  endpoints: Endpoints,
  customer: DemoCustomer,
  eventClass: EventClass,
): Promise<CustomSource> {
  const source = `t${Number(customer.account).toString(36)}-${sourceNames[eventClass]}`;
  const prefix = `ext/${source}/1.0`;
  const RoleName = `AmazonSecurityLake-Provider-${source}-${endpoints.awsRegion}`;
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${endpoints.awsUsers.service.accountId}:root` },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': customer.account } },
  };
  const put = { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${customer.bucketName}/${prefix}/*` };
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await iam
    .send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trust) }))
    .catch((error: unknown) => {
      if (!(error instanceof EntityAlreadyExistsException)) throw error;
    });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'put', PolicyDocument: document(put) }));
  return { eventClass, prefix, roleARN: `arn:aws:iam::${endpoints.awsUsers.customer.accountId}:role/${RoleName}` };
}

/** Registers the customer for its classes through the REST endpoint. Can be run again. */
export async function register(
  endpoints: Endpoints,
  customer: DemoCustomer,
  apiKey: string,
  sources: readonly CustomSource[],
): Promise<void> {
  for (const { eventClass, prefix, roleARN } of sources.filter((source) =>
    customer.eventClasses.includes(source.eventClass),
  )) {
    const answer = await fetch(`${endpoints.registration}/api/registrations/`, {
      method: 'POST',
      headers: { authorization: `ApiKey ${apiKey}`, 'api-version': 'v1', 'content-type': 'application/json' },
      body: JSON.stringify({
        eventClass,
        providerAccountID: endpoints.awsUsers.customer.accountId,
        bucketName: customer.bucketName,
        prefix,
        roleARN,
      }),
    });
    if (!answer.ok)
      throw new Error(
        `The registration of ${customer.account} for ${eventClass} was refused (${answer.status}): ${await answer.text()}`,
      );
  }
}
