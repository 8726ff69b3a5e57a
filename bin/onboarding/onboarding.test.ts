import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { CustomSource } from './custom-source.ts';
import { Onboarding, type OnboardingPlan, type OnboardingStep } from './onboarding.ts';
import type { Registered, RegistrationEndpoint } from './registration-endpoint.ts';
import type { SecurityLake } from './security-lake.ts';

class MemoryLake implements SecurityLake {
  bucketName: string | undefined = 'aws-security-data-lake-us-east-1-abc';
  readonly made = new Map<string, CustomSource>();
  readonly identities: unknown[] = [];

  async account() {
    return '111122223333';
  }
  async bucket() {
    return this.bucketName;
  }
  async sources() {
    return this.made;
  }
  async create({ sourceName }: { sourceName: string }, identity: unknown) {
    if (this.made.has(sourceName)) throw new Error('ConflictException');
    this.identities.push(identity);
    const roleARN = `arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-${sourceName}-us-east-1`;
    const source = { sourceName, location: `s3://${this.bucketName}/ext/${sourceName}/`, roleARN };
    this.made.set(sourceName, source);
    return source;
  }
  close() {}
}

class MemoryEndpoint implements RegistrationEndpoint {
  readonly registered = new Map<string, unknown>();

  async register(body: { eventClass: string }, dryRun: boolean): Promise<Registered> {
    if (dryRun) return 'acceptable';
    const outcome = this.registered.has(body.eventClass) ? 'unchanged' : 'registered';
    this.registered.set(body.eventClass, body);
    return outcome;
  }
}

const plan: OnboardingPlan = {
  account: '123456789012',
  region: 'us-east-1',
  eventClasses: eventClassNames,
  namePrefix: 'tributary',
  principal: '868324285112',
  crawlerRole: 'Crawler',
  dryRun: false,
};

async function run(onboarding: Onboarding): Promise<string[]> {
  const said: string[] = [];
  const all: OnboardingStep[] = [...onboarding.preparations(), ...onboarding.classes().flatMap(({ steps }) => steps)];
  for (const step of all) said.push(`${step.title}: ${await step.run()}`);
  return said;
}

describe('the onboarding', () => {
  it('makes_and_registers_the_six_sources_with_the_account_as_external_id', async () => {
    const [lake, endpoint] = [new MemoryLake(), new MemoryEndpoint()];
    const said = await run(new Onboarding(plan, lake, endpoint));
    expect(said).toHaveLength(2 + 12);
    expect([...endpoint.registered.keys()]).toEqual(eventClassNames);
    const identity = {
      principal: '868324285112',
      externalId: '123456789012',
      crawlerRoleARN: 'arn:aws:iam::111122223333:role/Crawler',
    };
    expect(lake.identities).toEqual(eventClassNames.map(() => identity));
  });

  it('uses_what_is_there_when_it_is_run_again', async () => {
    const [lake, endpoint] = [new MemoryLake(), new MemoryEndpoint()];
    await run(new Onboarding({ ...plan, eventClasses: ['dns-activity'] }, lake, endpoint));
    await run(new Onboarding(plan, lake, endpoint));
    const said = await run(new Onboarding(plan, lake, endpoint));
    expect(lake.identities).toHaveLength(6);
    expect(said.filter((sentence) => sentence.includes('is there'))).toHaveLength(12);
  });

  it('changes_nothing_in_a_dry_run', async () => {
    const [lake, endpoint] = [new MemoryLake(), new MemoryEndpoint()];
    const said = await run(new Onboarding({ ...plan, dryRun: true }, lake, endpoint));
    expect(lake.made.size + endpoint.registered.size).toBe(0);
    expect(said.filter((sentence) => sentence.includes('would be made'))).toHaveLength(12);
    await run(new Onboarding(plan, lake, undefined));
    expect((await run(new Onboarding({ ...plan, dryRun: true }, lake, endpoint))).join()).toContain(
      'would be accepted',
    );
    expect(endpoint.registered.size).toBe(0);
  });

  it('makes_sources_and_says_what_to_post_where_there_is_no_key', async () => {
    const onboarding = new Onboarding({ ...plan, eventClasses: ['file-activity'] }, new MemoryLake(), undefined);
    await run(onboarding);
    expect(onboarding.registrations()).toEqual([expect.objectContaining({ eventClass: 'file-activity' })]);
  });

  it('says_how_to_go_on_where_security_lake_is_not_enabled', async () => {
    const lake = new MemoryLake();
    lake.bucketName = undefined;
    await expect(run(new Onboarding(plan, lake, undefined))).rejects.toThrow('Enable it first');
    expect(lake.made.size).toBe(0);
  });
});
