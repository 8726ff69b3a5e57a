import { type Endpoints, readEndpoints } from '@tributary/local/endpoints.ts';
import {
  createLog,
  kafkaConnection,
  kafkaRules,
  kafkaSettings,
  readSettings,
  redisConnection,
  redisRules,
  redisSettings,
} from '@tributary/service';
import { createKafkajsAccess, createKafkajsStream, type KafkaAccess, type Stream } from '@tributary/stream';
import { Option } from 'commander';

/** Where an operator's command finds its neighbours: on the local stack unless it names others. */
export interface Places {
  readonly dir?: string;
  readonly brokers?: string;
  readonly redis?: string;
}

/** The options of `Places`. Credentials come from the environment alone, by the names of the services' own settings. */
export const placeOptions = () => ({
  dir: new Option('--dir <dir>', 'the local stack to use').default('.local').env('TRIBUTARY_LOCAL_DIR'),
  brokers: new Option(
    '--brokers <host:port,…>',
    'another cluster; its TLS and credentials are KAFKA_TLS, KAFKA_CA_FILE, KAFKA_SASL_… of the environment',
  ).env('KAFKA_BROKERS'),
  redis: new Option('--redis <url>', 'another Redis; also REDIS_USERNAME, REDIS_PASSWORD, REDIS_CA_FILE').env(
    'REDIS_URL',
  ),
});

const local = ({ dir }: Places): Endpoints => readEndpoints(dir);

/** The cluster that the options name, as the client `tributary-<command>`. */
export function clusterOf(command: string, places: Places): Stream {
  return createKafkajsStream(connectionOf(command, places));
}

/** The authoriser of the cluster that the options name. */
export const accessOf = (command: string, places: Places): KafkaAccess =>
  createKafkajsAccess(connectionOf(command, places));

function connectionOf(command: string, places: Places) {
  const KAFKA_BROKERS = places.brokers ?? local(places).kafka;
  const settings = readSettings(kafkaSettings, { ...process.env, KAFKA_BROKERS }, [kafkaRules]);
  const log = createLog(command, 'error');
  return { ...kafkaConnection(settings), clientId: `tributary-${command}`, log };
}

/** The Redis that the options name. */
export function redisOf(places: Places) {
  const REDIS_URL = places.redis ?? local(places).redis;
  return redisConnection(readSettings(redisSettings, { ...process.env, REDIS_URL }, [redisRules]));
}
