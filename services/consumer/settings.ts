import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { groupNames } from '@tributary/schemas/kafka/groups.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import {
  integerSetting,
  neighbourRules,
  neighbourSettings,
  readSettings,
  registryRules,
  registrySettings,
  SettingsError,
} from '@tributary/service';
import { z } from 'zod';

const compressions = ['none', 'zstd', 'lz4', 'snappy', 'gzip'] as const;
const agentTopics = eventClassNames.map(agentTopic);
const mebibyte = 1_048_576;
const epochMax = 2 ** 31 - 1;

/** `topic=epoch` pairs; an epoch is raised when an operator has recreated the topic, whose offsets start again at 0. */
const sourceEpochs = z
  .string()
  .default('')
  .transform((text, context): ReadonlyMap<string, number> => {
    const epochs = new Map<string, number>();
    for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
      const [topic, epoch] = pair.split('=').map((part) => part.trim());
      const number = Number(epoch);
      const isRight = topic !== undefined && agentTopics.includes(topic) && /^\d+$/.test(epoch ?? '');
      if (isRight && number <= epochMax) epochs.set(topic, number);
      else context.addIssue({ code: 'custom', message: `${pair.trim()} is no epoch of an agent topic` });
    }
    return epochs;
  })
  .describe(`pairs such as ${agentTopics[0]}=1, separated by commas; a topic that is not named has epoch 0`);

/** Every setting of the consumer, by its name in the environment. */
export const consumerSettings = {
  ...neighbourSettings,
  ...registrySettings,
  GROUP_ID: z.string().min(1).default(groupNames.consumer).describe('the name of the consumer group'),
  FLUSHER_GROUP_ID: z.string().min(1).default(groupNames.flusher).describe('GROUP_ID of the flushers'),
  SESSION_SECONDS: integerSetting(60, 6, 1_800, 'seconds without a sign of life until others get its partitions'),
  SOURCE_EPOCHS: sourceEpochs,
  HANDOFF_COMPRESSION: z.enum(compressions).default('zstd').describe(compressions.join(', ')),
  MEMORY_BYTES_MAX: integerSetting(
    256 * mebibyte,
    16 * mebibyte,
    64 * 1024 * mebibyte,
    'bytes of fetched events in memory before fetching pauses',
  ),
  LINGER_MS: integerSetting(
    0,
    0,
    60_000,
    'ms that a partition rests after a batch of less than 512 KiB: larger batches cost less an event',
  ),
  STUCK_SECONDS: integerSetting(120, 1, 3_600, 'seconds that a partition may stand still behind its log'),
  METRICS_PORT: integerSetting(9465, 0, 65_535, 'the port to serve /metrics on'),
};

export type ConsumerSettings = z.output<z.ZodObject<typeof consumerSettings>>;

/** The consumer's settings; throws a SettingsError that names every bad one. */
export function readConsumerSettings(env: Readonly<Record<string, string | undefined>>): ConsumerSettings {
  const settings = readSettings(consumerSettings, env, [...neighbourRules, registryRules]);
  const lingerMsMax = (settings.STUCK_SECONDS * 1_000) / 2;
  if (settings.LINGER_MS > lingerMsMax)
    throw new SettingsError([
      `LINGER_MS = ${settings.LINGER_MS}: a partition that rests stands still: at most ${lingerMsMax}, half of STUCK_SECONDS`,
    ]);
  return settings;
}
