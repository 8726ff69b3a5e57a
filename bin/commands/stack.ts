import type { Endpoints } from '@tributary/local/endpoints.ts';
import { type PartName, partNames } from '@tributary/local/part.ts';
import { portsPerStack } from '@tributary/local/ports.ts';
import {
  beginStack,
  defaultPortBase,
  parts,
  type StackOptions,
  stackStatus,
  stopStack,
} from '@tributary/local/stack.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Listr } from 'listr2';
import { untilInterrupted } from '../run-kinds.ts';

const dirOption = () =>
  new Option('--dir <dir>', 'where the stack has its data, logs and addresses')
    .default('.local')
    .env('TRIBUTARY_LOCAL_DIR');

function partList(value: string): PartName[] {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(partNames as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no part ${unknown}. Parts: ${partNames.join(', ')}.`);
  return names as PartName[];
}

function portNumber(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && (port === 0 || (port >= 1024 && port <= 65_500))) return port;
  throw new InvalidArgumentError('Allowed: 0 (free ports), or 1024 to 65500.');
}

interface UpOptions {
  readonly dir: string;
  readonly only?: PartName[];
  readonly portBase?: number;
}

async function up(options: UpOptions) {
  const started = performance.now();
  const endpoints = await untilInterrupted((signal) => bringUp({ ...options, signal }));
  for (const name of partNames) {
    const key = { kafka: 'kafka', 'schema-registry': 'schemaRegistry', redis: 'redis', aws: 'aws' } as const;
    if (Object.keys(endpoints).includes(key[name]))
      console.log(`${parts[name].title.padEnd(34)} ${endpoints[key[name]]}`);
  }
  console.log(`Ready after ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  const dir = options.dir === '.local' ? '' : ` --dir ${options.dir}`;
  console.log(`Addresses and keys: ${options.dir}/run/endpoints.json. Stop it with: npx tributary stack down${dir}`);
}

/** Starts the stack with its progress shown, in plain lines when not on a terminal. */
export async function bringUp(options: StackOptions): Promise<Endpoints> {
  const starting = await beginStack(options);
  const brought: Promise<void>[] = [];
  const tasks = starting.names.map((name) => ({
    title: parts[name].title,
    task: (_: unknown, task: { output: string }) => {
      const bringing = starting.bring(name, (doing) => {
        task.output = process.stdout.isTTY ? doing : `${parts[name].title}: ${doing}`;
      });
      brought.push(bringing);
      return bringing;
    },
  }));
  const shown = { concurrent: true, exitOnError: false, registerSignalListeners: false } as const;
  await new Listr(tasks, { ...shown, renderer: 'default', fallbackRenderer: 'simple' }).run();
  return starting.finish(brought);
}

async function down({ dir }: { dir: string }) {
  const stopped = await stopStack(dir);
  console.log(
    stopped.length === 0
      ? `No stack runs in ${dir}.`
      : `Stopped: ${stopped.join(', ')}. The data stays in ${dir}/data.`,
  );
}

async function status({ dir }: { dir: string }) {
  const found = await stackStatus(dir);
  for (const { name, pid, state } of found) console.log(`${name.padEnd(18)} ${String(pid ?? '-').padEnd(8)} ${state}`);
  if (found.some(({ state }) => state !== 'ready' && state !== 'running')) process.exitCode = 1;
}

/** `tributary stack`: Kafka, the schema registry, Redis and AWS on this machine. */
export function add(program: Command) {
  const stack = program.command('stack').description('Kafka, schema registry, Redis and AWS on this machine');
  stack
    .command('up')
    .description('installs what is missing, starts what does not run, and waits until all of it can be used')
    .addOption(dirOption())
    .option('--only <parts>', `only these, separated by commas: ${partNames.join(', ')}`, partList)
    .addOption(
      new Option(
        '--port-base <port>',
        `first of ${portsPerStack} ports; 0 chooses free ones (default: ${defaultPortBase})`,
      )
        .env('TRIBUTARY_PORT_BASE')
        .argParser(portNumber),
    )
    .action(up);
  stack.command('down').description('stops all of it; the data stays').addOption(dirOption()).action(down);
  stack
    .command('status')
    .description('what runs and whether it answers; exit code 1 when not all of it does')
    .addOption(dirOption())
    .action(status);
}
