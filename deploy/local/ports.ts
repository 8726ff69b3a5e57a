import { createServer } from 'node:net';

/** Which port of a stack belongs to whom, counted from its first port (`portBase` in the endpoints). */
export const portOffsets = {
  kafka: 0,
  kafkaController: 1,
  schemaRegistry: 2,
  schemaRegistryManagement: 3,
  redis: 4,
  aws: 5,
  registration: 10,
  consumerOperations: 11,
  flusherOperations: 12,
  registrationOperations: 13,
} as const;

export type PortName = keyof typeof portOffsets;

/** Processes of one service that a stack has ports for. */
export const replicasMax = 5;
const firstReplicaOffset = 20;
const replicated = ['registration', 'consumerOperations', 'flusherOperations', 'registrationOperations'] as const;

/** Ports a stack keeps for itself from `portBase` on. */
export const portsPerStack = 40;

/** The port of `name` in the stack that starts at `portBase`. */
export const portOf = (portBase: number, name: PortName) => portBase + portOffsets[name];

/** The port of `name` of a service's second or later process (`at` from 2 on); the first one's is `portOf`. */
export function replicaPort(portBase: number, name: PortName, at: number): number {
  const index = (replicated as readonly string[]).indexOf(name);
  if (index < 0 || at < 2 || at > replicasMax)
    throw new Error(`A stack has ports for at most ${replicasMax} processes of a service, not for ${name} ${at}.`);
  return portBase + firstReplicaOffset + (at - 2) * replicated.length + index;
}

/** Whether something could listen on 127.0.0.1:port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

// Below 32768: above it the system hands out ports for outgoing connections, which could take ours at any time.
const firstBase = 16_000;
const lastBase = 32_000;

/** A base whose named ports are all free, begun at a random place so that stacks started together don't meet. */
export async function freePortBase(random: () => number = Math.random): Promise<number> {
  const bases = (lastBase - firstBase) / portsPerStack;
  const start = Math.floor(random() * bases);
  for (let step = 0; step < bases; step++) {
    const base = firstBase + ((start + step) % bases) * portsPerStack;
    const free = await Promise.all(Object.values(portOffsets).map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`No ${portsPerStack} free ports in a row from ${firstBase} to ${lastBase}.`);
}

let next: number | undefined;

/** One free port; calls of one process never get the same. */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let tries = 0; tries < lastBase - firstBase; tries++) {
    const offset: number = next ?? Math.floor(random() * (lastBase - firstBase));
    next = (offset + 1) % (lastBase - firstBase);
    if (await isFree(firstBase + offset)) return firstBase + offset;
  }
  throw new Error(`No free port from ${firstBase} to ${lastBase}.`);
}
