import type { Endpoints } from './endpoints.ts';
import { type PortName, portOf, replicaPort } from './ports.ts';

/** Our three services, in the order in which they start. */
export const serviceNames = ['registration', 'consumer', 'flusher'] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * The name of one process of a service, that of its pid and log file: the service's own where one runs, else
 * `consumer-1`, `consumer-2` and so on.
 */
export type ReplicaName = ServiceName | `${ServiceName}-${number}`;

/** One process of a service: which one, and where it answers. */
export interface Replica {
  readonly service: ServiceName;
  readonly name: ReplicaName;
  /** Port of its operations (`/metrics`, `/healthz`, `/readyz`). */
  readonly port: number;
  /** Port of a registration service's REST endpoint; of no meaning for the others. */
  readonly restPort: number;
}

/** How many processes of each service run; 1 where nothing is said. */
export type ReplicaCounts = Partial<Readonly<Record<ServiceName, number>>>;

/** The replicas of the wanted services on the ports of a stack, in the order in which they start. */
export function replicasOf(services: readonly ServiceName[], counts: ReplicaCounts, portBase: number): Replica[] {
  const port = (name: PortName, at: number) => (at === 1 ? portOf(portBase, name) : replicaPort(portBase, name, at));
  return services.flatMap((service) => {
    const count = counts[service] ?? 1;
    return Array.from({ length: count }, (_, index) => ({
      service,
      name: count === 1 ? service : (`${service}-${index + 1}` as const),
      port: port(`${service}Operations`, index + 1),
      restPort: port('registration', index + 1),
    }));
  });
}

/**
 * What the endpoints must say of these replicas: the operations of each by its name, those of the first also by the name
 * of its service, and the REST endpoint of the first registration service. What an earlier start said of them is gone.
 */
export function addressesOf(
  replicas: readonly Replica[],
  before: Endpoints['metrics'] = {},
): Pick<Endpoints, 'metrics' | 'registration'> {
  const started = new Set<string>(replicas.map(({ service }) => service));
  const others = Object.entries(before).filter(([name]) => !started.has(name.replace(/-\d+$/, '')));
  // In reverse: what is said last of a service's name is the first replica's.
  const own = replicas.toReversed().flatMap(({ service, name, port }) => {
    const url = `http://127.0.0.1:${port}`;
    return [
      [service, url],
      [name, url],
    ];
  });
  const rest = replicas.find(({ service }) => service === 'registration')?.restPort;
  return {
    metrics: Object.fromEntries([...others, ...own]),
    ...(rest === undefined ? {} : { registration: `http://127.0.0.1:${rest}` }),
  };
}
