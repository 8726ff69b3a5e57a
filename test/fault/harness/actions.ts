import { setTimeout as pause } from 'node:timers/promises';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { type Action, LeftOut } from './acting.ts';
import { neighbourActions } from './action-neighbours.ts';
import { consumerGroup, operatorActions } from './action-operator.ts';
import type { FaultKind, ReplicaOfRun } from './schedule.ts';
import { jump } from './shifted-clock.ts';
import type { World } from './world.ts';

/** The flushers' group. */
export const flusherGroup = 'tributary.flusher';

const backWithinMs = 60_000;
const lookEveryMs = 200;
const stormStayMs = 2_000;

/** How each kind of fault is made. */
export const actions: Readonly<Record<FaultKind, Action>> = {
  ...neighbourActions,
  ...operatorActions,
  kill: ending('SIGKILL'),
  terminate: ending('SIGTERM'),
  zombie: {
    needs: ({ replica }) => [replica!],
    async run({ replica, forMs }, { world: { services }, lasting }) {
      services.pause(replica!);
      await lasting(forMs);
      services.resume(replica!);
      return undefined;
    },
  },
  'clock-jump': {
    needs: ({ replica }) => [replica!],
    async run({ replica, forMs, jumpMs }, { world, lasting }) {
      jump(world.clockFile(replica!), jumpMs!);
      await lasting(forMs);
      jump(world.clockFile(replica!), 0);
      return undefined;
    },
  },
  'rebalance-storm': {
    needs: ({ group }) => [`group:${group}`],
    async run({ group, forMs }, { world: { stream }, lasting }) {
      const [groupId, topics] =
        group === 'consumer'
          ? [consumerGroup, eventClassNames.map(agentTopic)]
          : [flusherGroup, eventClassNames.map(handoffTopic)];
      const ends = Date.now() + forMs;
      let joins = 0;
      while (Date.now() < ends) {
        const member = stream.member({ groupId, topics });
        try {
          await member.start({ onBatch: async () => {}, onAssigned: () => {}, onCrashed: () => {} });
          joins += 1;
          await lasting(stormStayMs);
        } catch {
          await lasting(stormStayMs); // Kafka is away just now
        } finally {
          await member.stop();
        }
      }
      return `${joins} times`;
    },
  },
  'lake-tenant': { needs: () => [], run: lakeFault },
  'lake-all': { needs: () => [], run: lakeFault },
};

async function lakeFault(...[{ lake, forMs }, { world, lasting }]: Parameters<Action['run']>): Promise<string> {
  const { kind, call, tenant } = lake!;
  const { lakeFaults, tenants } = world;
  const name = `${call} ${kind}`;
  const before = lakeFaults.made.get(name) ?? 0;
  const end = lakeFaults.begin({ kind, call, ...(tenant === undefined ? {} : { tenant: tenants[tenant]! }) });
  await lasting(forMs);
  end();
  return `met ${(lakeFaults.made.get(name) ?? 0) - before} calls`;
}

function ending(signal: 'SIGKILL' | 'SIGTERM'): Action {
  return {
    needs: ({ replica }) => [replica!],
    async run({ replica }, { world }) {
      const pid = world.services.pid(replica!);
      if (!world.services.signal(replica!, signal)) throw new LeftOut('it was just being started again');
      return (await isBack(world, replica!, pid)) ? undefined : `it was not back within ${backWithinMs / 1000} s`;
    },
  };
}

async function isBack({ services, endpoints }: World, name: ReplicaOfRun, pid: number | undefined): Promise<boolean> {
  const deadline = Date.now() + backWithinMs;
  while (Date.now() < deadline) {
    const now = services.pid(name);
    const answer =
      now === undefined || now === pid
        ? undefined
        : await fetch(`${endpoints.metrics?.[name]}/healthz`).catch(() => undefined);
    if (answer?.ok) return true;
    await pause(lookEveryMs);
  }
  return false;
}
