import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Demand } from '../capacity/demand.ts';
import { type Prices, planOf } from '../capacity/plan.ts';
import { planText } from '../capacity/view.ts';

interface PlanOptions extends Omit<Demand, 'layout'>, Prices {
  readonly json: boolean;
}

/** A number in a range, as an option. */
function numberIn(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

function plan({ json, ...options }: PlanOptions): void {
  const demand: Demand = { ...options, layout: 'production' };
  const made = planOf(demand, options);
  console.log(json ? JSON.stringify(made, undefined, 2) : planText(demand, made));
}

/** `tributary plan`: what a home region needs, from what was measured. */
export function add(program: Command) {
  program
    .command('plan')
    .description('what a home region needs: partitions, replicas, memory, requests and cost (docs/capacity.md)')
    .requiredOption('--events-per-second <n>', 'on average over a day, all classes together', numberIn(0.001, 1e9))
    .requiredOption('--registrations <n>', 'in all: a customer has one for each of its classes', numberIn(1, 1e7))
    .requiredOption('--classes <n>', 'event classes in use', numberIn(1, 6))
    .addOption(
      new Option('--accounts <n>', 'AWS accounts that the events of a registration are of')
        .argParser(numberIn(1, 10_000))
        .default(1),
    )
    .addOption(new Option('--peak <n>', 'the busiest hour beside the average').argParser(numberIn(1, 100)).default(2))
    .addOption(new Option('--json-share <n>', 'share of events as JSON').argParser(numberIn(0, 1)).default(0))
    .addOption(new Option('--window-seconds <n>', 'WINDOW_SECONDS').argParser(numberIn(1, 86_400)).default(300))
    .addOption(new Option('--encoder-threads <n>', 'ENCODER_THREADS').argParser(numberIn(1, 64)).default(1))
    .addOption(
      new Option('--cut-bytes-max <n>', 'CUT_BYTES_MAX').argParser(numberIn(2 ** 20, 2 ** 30)).default(128 * 2 ** 20),
    )
    .addOption(
      new Option('--linger-seconds <n>', 'LINGER_MS of consumers, in seconds')
        .argParser(numberIn(0.25, 60))
        .default(10),
    )
    .addOption(new Option('--core-hour <usd>', 'price of a core').argParser(numberIn(0, 100)).default(0.04))
    .addOption(new Option('--gigabyte-month <usd>', 'price of a disk').argParser(numberIn(0, 100)).default(0.08))
    .addOption(new Option('--thousand-puts <usd>', 'price of 1,000 puts').argParser(numberIn(0, 100)).default(0.005))
    .option('--json', 'as JSON', false)
    .action(plan);
}
