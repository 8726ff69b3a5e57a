import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CreateRoleCommand, EntityAlreadyExistsException } from '@aws-sdk/client-iam';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { customerClients } from '@tributary/local/demo/customer.ts';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { type AwsUser, type Endpoints, readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { readSecurityLakeModel } from '@tributary/local/security-lake/api-model.ts';
import { type SecurityLakeStandIn, startSecurityLakeStandIn } from '@tributary/local/security-lake/stand-in.ts';
import { type RunningServices, startServices } from '@tributary/local/services.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';

/** What onboarding needs on the stack of the tests: a registration service, a stand-in for Security Lake, and a key. */
export interface OnboardingPlace {
  /** The account with us. */
  readonly account: string;
  readonly apiKey: string;
  readonly bucketName: string;
  readonly standIn: SecurityLakeStandIn;
  readonly endpoints: Endpoints;
  /** What a command of the customer finds in its environment. */
  environment(user?: AwsUser): Record<string, string>;
  stop(): Promise<void>;
}

/** Brings it up in the stack of `dir`; the lake is empty, and the account has nothing yet. */
export async function startOnboardingPlace(dir: string): Promise<OnboardingPlace> {
  const { kafka } = readEndpoints(dir);
  await makeTopics(createKafkajsStream({ brokers: [kafka], clientId: 'onboarding', log: silentLog }));
  const services: RunningServices = await startServices({ dir, windowSeconds: 300, only: ['registration'] });
  const endpoints = readEndpoints(dir);
  const account = String(randomBytes(6).readUIntBE(0, 6) % 1e12).padStart(12, '0');
  const apiKey = await createAccountKey(endpoints, account);
  const bucketName = `aws-security-data-lake-us-east-1-onboard-${randomBytes(3).toString('hex')}`;
  const model = readSecurityLakeModel(join(repositoryRoot, '.local/tools'));
  const standIn = await startSecurityLakeStandIn({ endpoints, model, bucketName, port: 0 });
  return {
    ...{ account, apiKey, bucketName, standIn, endpoints },
    environment: (user = endpoints.awsUsers.customer) => ({
      AWS_ENDPOINT_URL: endpoints.aws,
      AWS_ENDPOINT_URL_SECURITYLAKE: standIn.url,
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    }),
    stop: async () => {
      await standIn.stop();
      await services.stop();
    },
  };
}

/** What `deploy/customer-role` makes, as far as the stand-in looks at it: a role that Glue may take, by path and name. */
export async function makeCrawlerRole(endpoints: Endpoints, role: string): Promise<void> {
  const [, Path = '', RoleName = ''] = /^(.*?)([^/]+)$/.exec(`/${role}`) ?? [];
  const { iam, close } = customerClients(endpoints);
  const trust = { Effect: 'Allow', Principal: { Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  try {
    await iam.send(new CreateRoleCommand({ Path, RoleName, AssumeRolePolicyDocument }));
  } catch (error) {
    if (!(error instanceof EntityAlreadyExistsException)) throw error;
  } finally {
    close();
  }
}
