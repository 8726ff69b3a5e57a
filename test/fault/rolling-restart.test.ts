import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { FaultRig } from './rig.ts';

const replicas = 3;
const eventsAtOnce = 300;
const eventsPerSecond = 60;
/** After this a supervisor such as Kubernetes would kill. */
const stopWithinMs = 25_000;

/** How old the oldest row of each object was when it was in the lake, ms; an object counts once for each of its rows. */
function freshness(receipts: readonly Receipt[], share: number): number {
  const ages = receipts
    .filter(({ outcome }) => outcome === 'delivered')
    .map(({ rows, times, writtenAt }) => ({ rows, ageMs: writtenAt - times[0] }))
    .toSorted((a, b) => a.ageMs - b.ageMs);
  let left = share * ages.reduce((sum, { rows }) => sum + rows, 0);
  for (const { rows, ageMs } of ages) {
    left -= rows;
    if (left <= 0) return ageMs;
  }
  return Number.NaN;
}

describe('a rolling restart of three consumers and three flushers while events flow', () => {
  const rig = new FaultRig({ replicas: { consumer: replicas, flusher: replicas } });
  beforeAll(() => rig.start(), 240_000);
  afterAll(() => rig.stop(), 120_000);

  it('loses_and_doubles_nothing', async () => {
    const customer = await rig.welcome();
    let isOver = false;
    const feeding = (async () => {
      while (!isOver) await customer.feed(eventsAtOnce, eventsPerSecond);
    })();
    await customer.flowing();
    const stopMs: number[] = [];
    for (let at = 1; at <= replicas; at++) {
      for (const name of [`consumer-${at}`, `flusher-${at}`] as const) {
        const stoppedAt = performance.now();
        await rig.services.stopOne(name);
        stopMs.push(Math.round(performance.now() - stoppedAt));
        await rig.services.startOne(name);
      }
    }
    isOver = true;
    await feeding;

    expect(await customer.settled(120_000)).toEqual([]);
    expect(Math.max(...stopMs)).toBeLessThan(stopWithinMs);
    expect(rig.notices).toEqual([]);
    const { fed, delivered } = await customer.look();
    const receipts = await customer.receipts();
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => freshness(receipts, share));
    process.stdout.write(`${JSON.stringify({ fed, delivered, stopMs, freshness: { p50Ms, p99Ms, maxMs } })}\n`);
  }, 600_000);
});
