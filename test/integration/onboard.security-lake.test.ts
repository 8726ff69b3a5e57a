import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { customerClients } from '@tributary/local/demo/customer.ts';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { type AwsUser, readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { readSecurityLakeModel } from '@tributary/local/security-lake/api-model.ts';
import { type SecurityLakeStandIn, startSecurityLakeStandIn } from '@tributary/local/security-lake/stand-in.ts';
import { type RunningServices, startServices } from '@tributary/local/services.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { execa } from 'execa';

const dir = process.env.TRIBUTARY_LOCAL_DIR!;
const account = String(randomBytes(6).readUIntBE(0, 6) % 1e12).padStart(12, '0');
const suffix = randomBytes(3).toString('hex');
const bucketName = `aws-security-data-lake-us-east-1-onboard-${suffix}`;
const namePrefix = `t${suffix}`;
const crawlerRole = `Crawler-${suffix}`;

let services: RunningServices;
let standIn: SecurityLakeStandIn;
let apiKey: string;

beforeAll(async () => {
  const endpoints = readEndpoints(dir);
  await makeTopics(createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'onboard', log: silentLog }));
  services = await startServices({ dir, windowSeconds: 300, only: ['registration'] });
  apiKey = await createAccountKey(readEndpoints(dir), account);
  const model = readSecurityLakeModel(join(repositoryRoot, '.local/tools'));
  standIn = await startSecurityLakeStandIn({ endpoints, model, bucketName, port: 0 });
}, 120_000);

afterAll(async () => {
  await standIn?.stop();
  await services?.stop();
}, 60_000);

function onboard(options: readonly string[] = [], user: AwsUser = readEndpoints(dir).awsUsers.customer) {
  const { registration, aws } = readEndpoints(dir);
  const own = [
    '--account',
    account,
    '--region',
    'us-east-1',
    '--name-prefix',
    namePrefix,
    '--crawler-role',
    crawlerRole,
  ];
  return execa(
    process.execPath,
    [join(repositoryRoot, 'bin/tributary.js'), 'onboard', ...own, '--url', registration!, ...options],
    {
      reject: false,
      all: true,
      env: {
        AWS_ENDPOINT_URL: aws,
        AWS_ENDPOINT_URL_SECURITYLAKE: standIn.url,
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      },
    },
  );
}

async function registrations(): Promise<{ eventClass: string; bucketName: string; prefix: string }[]> {
  const answer = await fetch(`${readEndpoints(dir).registration}/api/registrations/`, {
    headers: { authorization: `ApiKey ${apiKey}`, 'api-version': 'v1' },
  });
  return ((await answer.json()) as { registrations: { eventClass: string; bucketName: string; prefix: string }[] })
    .registrations;
}

const creations = () => standIn.asked.filter((name) => name === 'CreateCustomLogSource').length;

describe('tributary onboard against the stand-in for Security Lake', () => {
  it('changes_nothing_in_a_dry_run', async () => {
    const { exitCode, all } = await onboard(['--api-key', apiKey, '--dry-run']);
    expect({ exitCode, all }).toMatchObject({ exitCode: 0, all: expect.stringContaining('Nothing was changed.') });
    expect(creations()).toBe(0);
    expect(await registrations()).toEqual([]);
  }, 60_000);

  it('says_what_to_do_where_the_role_of_the_crawler_is_missing', async () => {
    const { exitCode, all } = await onboard(['--api-key', apiKey, '--classes', 'dns-activity']);
    expect(exitCode).toBe(1);
    expect(all).toContain('does not exist');
    expect(all).toContain('--crawler-role');
    expect(await registrations()).toEqual([]);
  }, 60_000);

  it('makes_one_source_and_registers_it_and_then_the_others', async () => {
    const { iam, close } = customerClients(readEndpoints(dir));
    const trust = { Effect: 'Allow', Principal: { Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    await iam.send(new CreateRoleCommand({ RoleName: crawlerRole, AssumeRolePolicyDocument }));
    close();
    const before = creations();
    const one = await onboard(['--api-key', apiKey, '--classes', 'dns-activity']);
    expect({ exitCode: one.exitCode, all: one.all }).toMatchObject({ exitCode: 0 });
    expect((await registrations()).map(({ eventClass }) => eventClass)).toEqual(['dns-activity']);
    const rest = await onboard(['--api-key', apiKey]);
    expect({ exitCode: rest.exitCode, all: rest.all }).toMatchObject({ exitCode: 0 });
    const all = await registrations();
    expect(all.map(({ eventClass }) => eventClass).sort()).toEqual([...eventClassNames].sort());
    expect(all).toContainEqual(
      expect.objectContaining({ eventClass: 'dns-activity', bucketName, prefix: `ext/${namePrefix}-dns` }),
    );
    expect(creations() - before).toBe(6);
  }, 120_000);

  it('finds_everything_when_it_is_run_again', async () => {
    const before = creations();
    const { exitCode, all } = await onboard(['--api-key', apiKey]);
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(all!.match(/is there/g)!.length).toBeGreaterThanOrEqual(12);
    expect(creations()).toBe(before);
  }, 60_000);

  it('prints_what_to_post_where_it_has_no_key', async () => {
    const { exitCode, stdout } = await onboard(['--classes', 'file-activity']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`"bucketName":"${bucketName}"`);
  }, 60_000);

  it('says_who_must_sign_in_where_aws_refuses_and_which_key_is_wrong_where_we_do', async () => {
    const outsider = await onboard([], readEndpoints(dir).awsUsers.outsider);
    expect(outsider.exitCode).toBe(1);
    expect(outsider.all).toContain('AmazonSecurityLakeAdministrator');
    const wrong = await onboard(['--api-key', 'aaaaaaaaaaaaaaaaaaaa:wrong', '--classes', 'file-activity']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.all).toContain('Check --api-key');
  }, 60_000);
});
