import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { type EventClass, eventClassNames, isEventClass } from '@tributary/schemas/event-classes.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Listr, type ListrTask } from 'listr2';
import { createAwsSecurityLake } from '../onboarding/aws-securitylake.ts';
import { crawlerRoleDefault } from '../onboarding/crawler-role.ts';
import { namePrefixLengthMax } from '../onboarding/custom-source.ts';
import { Onboarding, type OnboardingStep } from '../onboarding/onboarding.ts';
import { createRegistrationEndpoint } from '../onboarding/registration-endpoint.ts';
import { OnboardingError } from '../onboarding/security-lake.ts';

interface OnboardOptions {
  readonly account: string;
  readonly region: string;
  readonly classes: EventClass[];
  readonly apiKey?: string;
  readonly url?: string;
  readonly namePrefix: string;
  readonly principal: string;
  readonly crawlerRole: string;
  readonly dryRun: boolean;
  readonly dir: string;
}

function account(text: string): string {
  if (/^[0-9]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('An account is 12 digits.');
}

function classes(text: string): EventClass[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isEventClass(name));
  if (unknown === undefined) return names.filter(isEventClass);
  throw new InvalidArgumentError(`There is no event class ${unknown}. Allowed: ${eventClassNames.join(', ')}.`);
}

function prefix(text: string): string {
  if (/^[A-Za-z0-9_.-]+$/.test(text) && text.length <= namePrefixLengthMax) return text;
  throw new InvalidArgumentError(
    `Allowed: 1 to ${namePrefixLengthMax} letters, digits, dots, hyphens and underscores.`,
  );
}

/** Where to register: --url, else the local stack when one runs. */
function endpointOf({ url, apiKey, dir }: OnboardOptions) {
  if (apiKey === undefined) return undefined;
  if (!/^[^:\s]+:\S+$/.test(apiKey)) throw new Error('An API key is <id>:<secret>.');
  const local = () => (existsSync(join(stackDirectory(dir), 'run/endpoints.json')) ? readEndpoints(dir) : undefined);
  const address = url ?? local()?.registration;
  if (address === undefined) throw new Error('Say where to register: --url https://…');
  return createRegistrationEndpoint(address, apiKey, (ms) => delay(ms).then(() => undefined));
}

const taskOf = ({ title, run }: OnboardingStep): ListrTask => ({
  title,
  task: async (_, task) => {
    task.title = `${title}: ${await run()}`;
  },
});

async function onboard(options: OnboardOptions): Promise<void> {
  const {
    account: externalAccount,
    region,
    classes: eventClasses,
    namePrefix,
    principal,
    crawlerRole,
    dryRun,
  } = options;
  const endpoint = endpointOf(options);
  const lake = createAwsSecurityLake(region);
  const plan = { account: externalAccount, region, eventClasses, namePrefix, principal, crawlerRole, dryRun };
  const onboarding = new Onboarding(plan, lake, endpoint);
  const shown = { registerSignalListeners: false, renderer: 'default', fallbackRenderer: 'simple' } as const;
  // The subtasks of a class stop at the first that fails; the other classes go on.
  const perClass = onboarding.classes().map(
    ({ eventClass, steps }): ListrTask => ({
      title: eventClass,
      task: (_, task) => task.newListr(steps.map(taskOf), { exitOnError: true }),
    }),
  );
  const failures: OnboardingError[] = [];
  try {
    await new Listr(onboarding.preparations().map(taskOf), shown).run();
    const all = new Listr(perClass, {
      ...shown,
      exitOnError: false,
      collectErrors: true,
      rendererOptions: { collapseSubtasks: false },
    });
    await all.run();
    failures.push(...(all.errors as unknown as OnboardingError[]));
  } finally {
    lake.close();
  }
  tellRest(onboarding, options, failures.length);
}

function tellRest(onboarding: Onboarding, { apiKey, dryRun }: OnboardOptions, failures: number): void {
  if (failures > 0)
    throw new OnboardingError('Not everything could be done. Follow the sentences above, and run it again.');
  if (dryRun) console.log('Nothing was changed.');
  else if (apiKey === undefined) {
    console.log('Register with an API key of your account: run this again with --api-key, or POST each of these:');
    for (const body of onboarding.registrations()) console.log(JSON.stringify(body));
  }
}

/** `tributary onboard`: from an enabled Security Lake to registrations that deliver. */
export function add(program: Command) {
  program
    .command('onboard')
    .description('makes the custom sources in your Security Lake and registers them; can be run again at any time')
    .requiredOption('--account <12 digits>', 'your account with us, which becomes the external id', account)
    .addOption(
      new Option('--region <region>', 'AWS region of the lake')
        .choices(Object.values(homeRegions))
        .makeOptionMandatory(),
    )
    .option('--classes <class,…>', `event classes (default: all): ${eventClassNames.join(', ')}`, classes, [
      ...eventClassNames,
    ])
    .addOption(
      new Option('--api-key <id:secret>', 'an API key of your account; without it nothing is registered').env(
        'TRIBUTARY_API_KEY',
      ),
    )
    .addOption(new Option('--url <url>', 'the REST endpoint (default: the local stack)').env('TRIBUTARY_URL'))
    .option('--name-prefix <text>', 'sources are called <text>-file, <text>-process, …', prefix, 'tributary')
    .option('--crawler-role <path/name or ARN>', 'the role of deploy/customer-role', crawlerRoleDefault)
    .option('--principal <12 digits>', 'the AWS account that writes', account, '868324285112')
    .option('--dry-run', 'show what would be made and registered, and change nothing', false)
    .addOption(new Option('--dir <dir>', 'a local stack to register with').default('.local').env('TRIBUTARY_LOCAL_DIR'))
    .addHelpText(
      'after',
      `
AWS credentials come from the environment (AWS_PROFILE, aws sso login, …): those of an administrator of Security Lake.
Examples:
  npx tributary onboard --account 123456789012 --region us-east-1 --dry-run
  npx tributary onboard --account 123456789012 --region us-east-1 --url https://… --api-key <id>:<secret>`,
    )
    .action(onboard);
}
