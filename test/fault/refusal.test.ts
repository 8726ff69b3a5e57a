import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsParking } from '@tributary/lake';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { parkedRoot } from '@tributary/schemas/lake/parked-key.ts';
import { FaultRig, windowSeconds } from './rig.ts';
import { until } from './until.ts';

const events = 300;
const eventsPerSecond = 100;
/** What others may take at most while one refuses: their window, and ten seconds. */
const othersWithinMs = (windowSeconds + 10) * 1000;

interface ShownRegistration {
  readonly eventClass: string;
  readonly state: string;
  readonly status?: {
    readonly deliveredThrough?: string;
    readonly lastError?: { readonly fault: string; readonly nextTry?: string };
  };
}

describe('a customer whose bucket refuses', () => {
  const rig = new FaultRig();

  beforeAll(() => rig.start(), 120_000);
  afterAll(() => rig.stop(), 60_000);

  /** The keys of an account's objects in our own bucket. */
  async function parkedOf(account: string): Promise<string[]> {
    const { aws: endpoint, awsRegion: region, awsUsers, parkingBucket: bucketName } = readEndpoints(rig.dir);
    const parking = createAwsParking({ bucketName, region, endpoint, credentials: awsUsers.service });
    const keys: string[] = [];
    for await (const { key } of parking.list(parkedRoot)) if (key.includes(`/${account}/`)) keys.push(key);
    parking.close();
    return keys;
  }

  async function registrationsOf(account: string, apiKey?: string): Promise<ShownRegistration[]> {
    const endpoints = readEndpoints(rig.dir);
    const key = apiKey ?? (await createAccountKey(endpoints, account));
    const answer = await fetch(`${endpoints.registration}/api/registrations/`, {
      headers: { authorization: `ApiKey ${key}`, 'api-version': 'v1' },
    });
    return ((await answer.json()) as { registrations: ShownRegistration[] }).registrations;
  }

  const states = (registrations: readonly ShownRegistration[]) => [...new Set(registrations.map(({ state }) => state))];

  it('is told so, delays nobody else, and gets everything exactly once when it takes objects again', async () => {
    const [refusing, other] = [await rig.welcome(), await rig.welcome()];
    const apiKey = await createAccountKey(readEndpoints(rig.dir), refusing.account);
    const shown = () => registrationsOf(refusing.account, apiKey);
    await refusing.feed(events, eventsPerSecond);
    expect(await refusing.settled()).toEqual([]);
    await until('it is shown as active, and through when', 60_000, async () => {
      const registrations = await shown();
      const known = registrations.every(({ status }) => status?.deliveredThrough !== undefined);
      return known && states(registrations).join() === 'active';
    });

    const refusedFrom = Date.now();
    await refusing.refuse();
    await refusing.feed(events, eventsPerSecond);
    const failing = await until('all classes are shown as failing', 60_000, async () => {
      const registrations = await shown();
      return states(registrations).join() === 'failing' && registrations;
    });
    const parked = (await refusing.receipts()).filter(({ outcome }) => outcome === 'parked');
    for (const { eventClass, status } of failing) {
      expect(status?.lastError?.fault).toBe('put-refused');
      expect(Date.parse(status!.lastError!.nextTry!)).toBeGreaterThan(refusedFrom);
      // Events are fed as they happen, so the first that is refused arrived within a second of its own time.
      const firstRefused = Math.min(
        ...parked.filter((one) => one.eventClass === eventClass).map(({ times }) => times[0]),
      );
      expect(Date.parse(status!.deliveredThrough!)).toBeLessThanOrEqual(firstRefused + 1_000);
    }
    // A window may park more between the two looks.
    const inBucket = (await parkedOf(refusing.account)).map((key) => key.slice(key.lastIndexOf('-') + 1));
    const named = parked.map(({ objectKey }) => objectKey!.slice(objectKey!.lastIndexOf('/') + 1));
    expect(named.filter((name) => !inBucket.includes(name))).toEqual([]);
    expect(await rig.metric('flusher', 'tributary_flusher_parked_objects')).toBeGreaterThan(0);

    await other.feed(events, eventsPerSecond);
    await until('the other has all of it', 60_000, async () => (await other.look()).waiting === 0);
    const latest = Math.max(...(await other.receipts()).map(({ writtenAt, times }) => writtenAt - times[1]));
    expect(latest).toBeLessThan(othersWithinMs);
    expect(states(await registrationsOf(other.account))).toEqual(['active']);
    expect((await refusing.look()).waiting).toBe(events);

    await refusing.accept();
    expect(await refusing.settled()).toEqual([]);
    expect(await other.settled()).toEqual([]);
    await until('it is active again', 60_000, async () => states(await shown()).join() === 'active');
    for (const { status } of await shown()) expect(status?.lastError).toBeUndefined();
    expect(await parkedOf(refusing.account)).toEqual([]);
    expect(rig.notices).toEqual([]);
  }, 300_000);
});
