import type { Endpoints } from './endpoints.ts';
import type { KafkaSecurity } from './kafka-security.ts';
import type { PortName } from './ports.ts';

/** The parts of a stack by the names of their processes, in the order in which they are shown. */
export const partNames = ['kafka', 'schema-registry', 'redis', 'aws'] as const;
/** One of `partNames`. */
export type PartName = (typeof partNames)[number];

/** Says in a few words what is being done now. */
export type Report = (doing: string) => void;

/** Where one stack has its things. */
export interface Place {
  /** The stack's directory, absolute. */
  readonly directory: string;
  /** Where installed tools lie, absolute; all stacks use the same. */
  readonly tools: string;
  readonly portBase: number;
  port(name: PortName): number;
  /** Present where Kafka asks who its clients are. */
  readonly kafkaSecurity?: KafkaSecurity;
  /** Longest life of an STS session; sessions asked for longer end by then. For tests of expiry. */
  readonly awsSessionSecondsMax?: number;
}

/** A program to run: the file, its arguments and what it needs in its environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One part of the stack: how it is installed, started, and known to be of use. */
export interface Part {
  readonly name: PartName;
  readonly title: string;
  readonly ports: readonly PortName[];
  /** Installs what it needs, unless it is installed. */
  install(tools: string, report: Report): Promise<void>;
  /** Writes its configuration and formats its storage; answers what to run. */
  prepare(place: Place): Promise<Command>;
  /** Resolves when a client can use it now; rejects with the reason while it can't. */
  check(place: Place): Promise<void>;
  /** Run once after it has become ready. */
  settle?(place: Place): Promise<void>;
  endpoints(place: Place): Partial<Endpoints>;
}
