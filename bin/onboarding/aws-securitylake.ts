import {
  CreateCustomLogSourceCommand,
  type CustomLogSourceResource,
  ListDataLakesCommand,
  ListLogSourcesCommand,
  SecurityLakeClient,
} from '@aws-sdk/client-securitylake';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { CustomSource } from './custom-source.ts';
import { OnboardingError, type SecurityLake } from './security-lake.ts';

/**
 * Security Lake by AWS's client, with the credentials and endpoints of the environment (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`,
 * `AWS_ENDPOINT_URL_SECURITYLAKE`, …). Throws OnboardingErrors that say what to do.
 */
export function createAwsSecurityLake(region: string): SecurityLake {
  const lake = new SecurityLakeClient({ region });
  const sts = new STSClient({ region });
  return {
    account: () => told(sts.send(new GetCallerIdentityCommand({})).then(({ Account }) => Account!)),
    bucket: async () => {
      const { dataLakes } = await told(lake.send(new ListDataLakesCommand({ regions: [region] })));
      const found = dataLakes?.find((one) => one.region === region);
      return found?.s3BucketArn?.split(':').at(-1);
    },
    sources: (account) => told(listSources(lake, account, region)),
    create: async ({ sourceName, ocsfEventClass }, { principal, externalId, crawlerRoleARN }) => {
      const command = new CreateCustomLogSourceCommand({
        sourceName,
        eventClasses: [ocsfEventClass],
        configuration: {
          crawlerConfiguration: { roleArn: crawlerRoleARN },
          providerIdentity: { principal, externalId },
        },
      });
      return sourceOf((await told(lake.send(command))).source ?? {});
    },
    close: () => {
      lake.destroy();
      sts.destroy();
    },
  };
}

async function listSources(lake: SecurityLakeClient, account: string, region: string) {
  const found = new Map<string, CustomSource>();
  let nextToken: string | undefined;
  do {
    const page = await lake.send(new ListLogSourcesCommand({ accounts: [account], regions: [region], nextToken }));
    const custom = (page.sources ?? []).flatMap(({ sources }) => sources ?? []).map((one) => one.customLogSource);
    for (const one of custom) if (one !== undefined) found.set(one.sourceName ?? '', sourceOf(one));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

function sourceOf({ sourceName = '', provider }: CustomLogSourceResource): CustomSource {
  return { sourceName, location: provider?.location ?? '', roleARN: provider?.roleArn ?? '' };
}

/** What to do about what AWS says, by the name of its exception. */
const nextSteps: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'There are no AWS credentials. Sign in to the AWS account of the lake (aws sso login, or AWS_PROFILE) and run it again.',
  AccessDeniedException:
    'Sign in as an administrator of Security Lake (AmazonSecurityLakeAdministrator) in the AWS account of the lake. A role of the crawler that deploy/customer-role did not make needs iam:PassRole besides.',
  ResourceNotFoundException: 'Enable Security Lake in this region first: AWS console, Security Lake, Get started.',
  ConflictException:
    'Something of that name is left: wait until it is deleted, or choose other names with --name-prefix.',
  ThrottlingException: 'AWS asks to slow down. Run it again in a minute: what is done is kept.',
  BadRequestException: 'Check the crawler’s role (--crawler-role) and the names.',
};

async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const { name, message } = error as Error;
    const isExpired = /^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature)/.test(name);
    const next = isExpired ? nextSteps.CredentialsProviderError : nextSteps[name];
    throw new OnboardingError(`AWS answered ${name}: ${message}${next === undefined ? '' : `\n${next}`}`);
  }
}
