import { type ClusterLayoutName, clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { type Command, Option } from 'commander';
import { clusterOf, placeOptions } from '../cluster.ts';

interface TopicsOptions {
  readonly brokers?: string;
  readonly layout: ClusterLayoutName;
}

async function create({ brokers, layout }: TopicsOptions): Promise<void> {
  const admin = clusterOf('topics', brokers === undefined ? {} : { brokers }).admin();
  try {
    const made = await ensureTopics(admin, clusterLayouts[layout]);
    console.log(
      made.length === 0 ? 'Every topic exists already, with the right partition count.' : `Made: ${made.join(', ')}.`,
    );
  } finally {
    await admin.close();
  }
}

/** `tributary topics`: the admin job that makes every topic from the contract. */
export function add(program: Command) {
  const topics = program.command('topics').description('the Kafka topics, as schemas/kafka/topics.ts has them');
  topics
    .command('create')
    .description(
      'makes the topics that are missing; changes none that exists, and fails when one has another partition count',
    )
    .addOption(placeOptions().brokers)
    .addOption(
      new Option('--layout <name>', 'partition counts and replication')
        .choices(Object.keys(clusterLayouts))
        .default('local')
        .env('CLUSTER_LAYOUT'),
    )
    .action(create);
}
