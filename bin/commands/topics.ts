import { readEndpoints } from '@tributary/local/endpoints.ts';
import { type ClusterLayoutName, clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { createLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { type Command, Option } from 'commander';

interface TopicsOptions {
  readonly brokers?: string;
  readonly layout: ClusterLayoutName;
}

async function create({ brokers, layout }: TopicsOptions): Promise<void> {
  const addresses = brokers?.split(',') ?? [readEndpoints().kafka];
  const admin = createKafkajsStream({
    brokers: addresses,
    clientId: 'tributary-topics',
    log: createLog('topics', 'error'),
  }).admin();
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
    .addOption(new Option('--brokers <host:port,…>', 'the cluster (default: the local stack)').env('KAFKA_BROKERS'))
    .addOption(
      new Option('--layout <name>', 'partition counts and replication')
        .choices(Object.keys(clusterLayouts))
        .default('local')
        .env('CLUSTER_LAYOUT'),
    )
    .action(create);
}
