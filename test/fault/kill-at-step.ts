import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OnStep, StepEvent } from '@tributary/service';

/** Orders a process to kill itself at a step, the next time that it runs on something that is not empty. */
export interface Order {
  readonly step: string;
  readonly phase: StepEvent['phase'];
}

/** What a process wrote down, durably, at the moment before it killed itself. */
export interface Death<Evidence> extends Order {
  readonly pid: number;
  /** The partition that the step worked on. */
  readonly subject: string;
  readonly evidence: Evidence;
}

/** The variable that names the directory of orders and deaths. */
export const ordersVariable = 'TRIBUTARY_FAULT_ORDERS';
/** The variable with the first part of the names of the services' consumer groups. */
export const groupVariable = 'TRIBUTARY_FAULT_GROUP';

const orderFile = (directory: string, service: string) => join(directory, `${service}.order.json`);
const deathFile = (directory: string, service: string) => join(directory, `${service}.death.json`);

/** Gives an order, and forgets the death that an earlier one led to. */
export function giveOrder(directory: string, service: string, order: Order): void {
  rmSync(deathFile(directory, service), { force: true });
  writeDurably(orderFile(directory, service), order);
}

/** The death that the last order led to, once it has. */
export function deathOf<Evidence>(directory: string, service: string): Death<Evidence> | undefined {
  return readIfThere<Death<Evidence>>(deathFile(directory, service));
}

/**
 * An `onStep` that ends the process by SIGKILL where the order says: no handler runs, nothing is flushed or closed, as
 * when a machine is lost. `look` answers what the test must know of the step's context, or undefined where there
 * is nothing in it. An order is good for one death: the process that is started again lives.
 */
export function killAtStep<Evidence>(
  directory: string,
  service: string,
  look: (context: unknown, at: Order) => Evidence | undefined,
): OnStep {
  return ({ step, phase, subject, context }) => {
    const order = readIfThere<Order>(orderFile(directory, service));
    if (order?.step !== step || order.phase !== phase) return;
    const evidence = look(context, order);
    if (evidence === undefined) return;
    const death: Death<Evidence> = { step, phase, subject, evidence, pid: process.pid };
    writeDurably(deathFile(directory, service), death);
    rmSync(orderFile(directory, service));
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => {}); // nothing more of the pipeline, until the signal is here
  };
}

/** The file is whole and on disk when it has its name. */
function writeDurably(file: string, content: object): void {
  const draft = `${file}.draft`;
  const opened = openSync(draft, 'w');
  writeSync(opened, JSON.stringify(content));
  fsyncSync(opened);
  closeSync(opened);
  renameSync(draft, file);
}

function readIfThere<Content>(file: string): Content | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Content) : undefined;
}
