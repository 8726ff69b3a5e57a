import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsUser, repositoryRoot } from '@tributary/local/endpoints.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { execa } from 'execa';
import { makeCrawlerRole, type OnboardingPlace, startOnboardingPlace } from '../tools/onboarding.ts';

const suffix = randomBytes(3).toString('hex');
const namePrefix = `t${suffix}`;
const crawlerRole = `Crawler-${suffix}`;

let place: OnboardingPlace;
let apiKey: string;

beforeAll(async () => {
  place = await startOnboardingPlace(process.env.TRIBUTARY_LOCAL_DIR!);
  apiKey = place.apiKey;
}, 120_000);

afterAll(() => place?.stop(), 60_000);

function onboard(options: readonly string[] = [], user?: AwsUser) {
  const lake = ['--account', place.account, '--region', 'us-east-1', '--name-prefix', namePrefix];
  const own = [...lake, '--crawler-role', crawlerRole, '--url', place.endpoints.registration!];
  const command = [join(repositoryRoot, 'bin/tributary.js'), 'onboard', ...own, ...options];
  return execa(process.execPath, command, { reject: false, all: true, env: place.environment(user) });
}

async function registrations(): Promise<{ eventClass: string; bucketName: string; prefix: string }[]> {
  const answer = await fetch(`${place.endpoints.registration}/api/registrations/`, {
    headers: { authorization: `ApiKey ${apiKey}`, 'api-version': 'v1' },
  });
  return ((await answer.json()) as { registrations: { eventClass: string; bucketName: string; prefix: string }[] })
    .registrations;
}

const creations = () => place.standIn.asked.filter((name) => name === 'CreateCustomLogSource').length;

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
    await makeCrawlerRole(place.endpoints, crawlerRole);
    const before = creations();
    const one = await onboard(['--api-key', apiKey, '--classes', 'dns-activity']);
    expect({ exitCode: one.exitCode, all: one.all }).toMatchObject({ exitCode: 0 });
    expect((await registrations()).map(({ eventClass }) => eventClass)).toEqual(['dns-activity']);
    const rest = await onboard(['--api-key', apiKey]);
    expect({ exitCode: rest.exitCode, all: rest.all }).toMatchObject({ exitCode: 0 });
    const all = await registrations();
    expect(all.map(({ eventClass }) => eventClass).sort()).toEqual([...eventClassNames].sort());
    expect(all).toContainEqual(
      expect.objectContaining({
        eventClass: 'dns-activity',
        bucketName: place.bucketName,
        prefix: `ext/${namePrefix}-dns`,
      }),
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
    expect(stdout).toContain(`"bucketName":"${place.bucketName}"`);
  }, 60_000);

  it('says_who_must_sign_in_where_aws_refuses_and_which_key_is_wrong_where_we_do', async () => {
    const outsider = await onboard([], place.endpoints.awsUsers.outsider);
    expect(outsider.exitCode).toBe(1);
    expect(outsider.all).toContain('AmazonSecurityLakeAdministrator');
    const wrong = await onboard(['--api-key', 'aaaaaaaaaaaaaaaaaaaa:wrong', '--classes', 'file-activity']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.all).toContain('Check --api-key');
  }, 60_000);
});
