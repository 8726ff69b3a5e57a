import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pipeline } from '@tributary/consumer/pipeline.ts';
import { takeOver, window } from '@tributary/flusher/pipeline.ts';
import type { Death, Order } from './kill-at-step.ts';
import { FaultRig } from './rig.ts';

const phases = ['before', 'after'] as const;
const ordersOf = (steps: readonly { readonly name: string }[]): Order[] =>
  steps.flatMap(({ name }) => phases.map((phase) => ({ step: name, phase })));

/** Every named step of both services. Those of a takeover come last: a process that was killed takes over again. */
const orders = { consumer: ordersOf(pipeline), flusher: ordersOf([...window, ...takeOver]) } as const;

const eventsAtOnce = 300;
const eventsPerSecond = 75;

describe('a service killed with SIGKILL before and after every named step, one kill after the other, while events flow', () => {
  const rig = new FaultRig();

  beforeAll(() => rig.start(), 120_000);
  afterAll(() => rig.stop(), 60_000);

  async function killAt(service: keyof typeof orders): Promise<Death<unknown>[]> {
    const deaths: Death<unknown>[] = [];
    for (const order of orders[service]) deaths.push(await rig.kill(service, order, 90_000));
    return deaths;
  }

  it('loses_and_doubles_nothing_whichever_step_it_was', async () => {
    const customer = await rig.welcome();
    let isOver = false;
    const feeding = (async () => {
      while (!isOver) await customer.feed(eventsAtOnce, eventsPerSecond);
    })();
    const [consumers, flushers] = await Promise.all([killAt('consumer'), killAt('flusher')]);
    isOver = true;
    await feeding;

    expect(await customer.settled(120_000)).toEqual([]);
    const ordered = ({ step, phase }: Order) => ({ step, phase });
    expect(consumers.map(ordered)).toEqual(orders.consumer);
    expect(flushers.map(ordered)).toEqual(orders.flusher);
    const deaths = [...consumers, ...flushers];
    expect(new Set(deaths.map(({ pid }) => pid)).size).toBe(deaths.length);
    expect(rig.notices).toHaveLength(deaths.length);
    const { fed, delivered } = await customer.look();
    process.stdout.write(`${JSON.stringify({ kills: deaths.length, fed, delivered })}\n`);
  }, 900_000);
});
