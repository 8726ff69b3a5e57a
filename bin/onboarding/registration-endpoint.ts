import { apiVersion, registrationsPath } from '@tributary/schemas/rest/openapi.ts';
import type { registrationOf } from './custom-source.ts';
import { OnboardingError } from './security-lake.ts';

/** What became of a registration: it was made, was there already, or (dry run) would be accepted. */
export type Registered = 'registered' | 'unchanged' | 'acceptable';

/** The REST endpoint of a home region, as one customer uses it. */
export interface RegistrationEndpoint {
  register(body: ReturnType<typeof registrationOf>, dryRun: boolean): Promise<Registered>;
}

interface ProblemDetails {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
}

const triesMax = 5;

/** What to do about a problem, by the last part of its type; others say it in their own sentence. */
const nextSteps: Readonly<Record<string, string>> = {
  unauthorized: 'Check --api-key: it is <id>:<secret>, as it was shown when the key was made.',
  forbidden: 'The key was revoked or belongs to another home region. Ask for a new one.',
  'already-registered':
    'To change the destination of a class, send PUT; to stop delivery, DELETE. See docs/customer-guide.md.',
  'role-not-assumable': 'A role that was just made may take a minute to be seen everywhere. Run it again.',
};

/** The endpoint at `url`, with `key` as `<id>:<secret>`. `pause` waits ms between two tries while it isn't available. */
export function createRegistrationEndpoint(
  url: string,
  key: string,
  pause: (ms: number) => Promise<void>,
): RegistrationEndpoint {
  return {
    async register(body, dryRun) {
      const address = `${url.replace(/\/$/, '')}${registrationsPath}/${dryRun ? '?dryRun=true' : ''}`;
      for (let tries = 1; ; tries++) {
        const answer = await send(address, key, body);
        if (answer.ok) return dryRun ? 'acceptable' : answer.status === 201 ? 'registered' : 'unchanged';
        const problem = (await answer.json().catch(() => ({}))) as ProblemDetails;
        const isBusy = answer.status === 503 || answer.status === 429;
        if (!isBusy || tries === triesMax) throw new OnboardingError(sentenceOf(answer.status, problem));
        await pause(1000 * Math.min(Number(answer.headers.get('retry-after')) || 2 ** tries, 30));
      }
    },
  };
}

async function send(address: string, key: string, body: object): Promise<Response> {
  try {
    return await fetch(address, {
      method: 'POST',
      headers: { authorization: `ApiKey ${key}`, 'api-version': apiVersion, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
    });
  } catch (error) {
    const { cause, message } = error as Error;
    throw new OnboardingError(`${new URL(address).origin} does not answer (${String(cause ?? message)}). Check --url.`);
  }
}

function sentenceOf(status: number, { type = '', title, detail }: ProblemDetails): string {
  const next = nextSteps[type.slice(type.lastIndexOf(':') + 1)];
  return [
    `${status} ${title ?? 'no reason given'}: ${detail ?? ''}`.trim(),
    ...(next === undefined ? [] : [next]),
  ].join('\n');
}
