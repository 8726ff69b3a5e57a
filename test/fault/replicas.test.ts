import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { type ReplicaName, type RunningServices, startServices } from '@tributary/local/services.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { until } from './until.ts';

const dir = process.env.TRIBUTARY_LOCAL_DIR!;
const answerWithinMs = 2_000;
let services: RunningServices | undefined;
const notices: string[] = [];

/** Whether a process answers now. */
async function answers(name: ReplicaName): Promise<boolean> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const answer = await fetch(`${readEndpoints(dir).metrics?.[name]}/healthz`, { signal }).catch(() => undefined);
  return answer?.ok ?? false;
}

beforeAll(async () => {
  await makeTopics(createKafkajsStream({ brokers: [readEndpoints(dir).kafka], clientId: 'replicas', log: silentLog }));
  services = await startServices({
    dir,
    windowSeconds: 300,
    only: ['registration'],
    replicas: { registration: 2 },
    onNotice: (sentence) => notices.push(sentence),
  });
}, 120_000);
afterAll(() => services?.stop(), 60_000);

it('each_replica_of_a_service_answers_at_its_own_address', async () => {
  expect(services!.names).toEqual(['registration-1', 'registration-2']);
  expect(await Promise.all(services!.names.map(answers))).toEqual([true, true]);
  expect(readEndpoints(dir).metrics?.['registration-1']).not.toBe(readEndpoints(dir).metrics?.['registration-2']);
});

it('a_replica_that_is_paused_stands_still_until_it_is_resumed_and_the_other_goes_on', async () => {
  const pid = services!.pid('registration-2');
  services!.pause('registration-2');
  expect([await answers('registration-1'), await answers('registration-2')]).toEqual([true, false]);
  services!.resume('registration-2');
  await until('it goes on', 20_000, () => answers('registration-2'));
  expect(services!.pid('registration-2')).toBe(pid);
}, 60_000);

it('a_replica_that_is_stopped_while_paused_ends_in_good_order_and_stays_stopped_until_it_is_started', async () => {
  services!.pause('registration-2');
  await services!.stopOne('registration-2');
  expect(services!.pid('registration-2')).toBeUndefined();
  expect(await answers('registration-1')).toBe(true);
  await services!.startOne('registration-2');
  expect(await answers('registration-2')).toBe(true);
  expect(notices).toEqual([]);
}, 90_000);

it('a_replica_that_ends_by_a_signal_is_started_again', async () => {
  services!.signal('registration-1', 'SIGKILL');
  await until('another process', 60_000, () => services!.restarts('registration-1') === 1 && answers('registration-1'));
  expect(notices).toEqual(['registration-1 ended (SIGKILL) and is started again']);
}, 90_000);
