import { runRegistration } from '@tributary/registration/main.ts';
import type { Exchange } from '@tributary/registration/pipeline.ts';
import { groupVariable, killAtStep, ordersVariable } from './kill-at-step.ts';

/** The change that a registration service died on. */
export type ChangeEvidence = Pick<Exchange['wanted'], 'account' | 'eventClass'>;

/** What is to know of a change; undefined of a request that changes nothing. */
function changeOf(context: unknown): ChangeEvidence | undefined {
  const { wanted } = context as Exchange;
  return wanted.account === '' ? undefined : { account: wanted.account, eventClass: wanted.eventClass };
}

if (import.meta.main) {
  const { [ordersVariable]: orders, [groupVariable]: _, ...env } = process.env;
  await runRegistration(env, killAtStep(orders!, 'registration', changeOf));
}
