import { groupNames } from '@tributary/schemas/kafka/groups.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import {
  integerSetting,
  keyOf,
  neighbourRules,
  neighbourSettings,
  readSettings,
  SettingsError,
} from '@tributary/service';
import { z } from 'zod';

const mebibyte = 1_048_576;
/** A hand-off message may be this large; a cut overshoots its budget by one at most. */
const messageBytesMax = 16 * mebibyte;

/**
 * A registration has a minute for its puts in a window, four at once: at a second each it could put so many. With more,
 * objects would be parked though the lake works.
 */
const objectsPerRegistrationLimit = 240;

/** Every setting of the flusher, by its name in the environment. */
export const flusherSettings = {
  ...neighbourSettings,
  HOME_REGION: keyOf(homeRegions),
  GROUP_ID: z.string().min(1).default(groupNames.flusher).describe('the name of the consumer group'),
  SESSION_SECONDS: integerSetting(60, 6, 1_800, 'seconds without a sign of life until others get its partitions'),
  AWS_ENDPOINT_URL: z.url().optional().describe('the URL of a stand-in for S3 and STS; not set in production'),
  PARKING_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .describe('the name of our own S3 bucket, where objects wait that a customer’s bucket refuses'),
  PARKING_REGION: z.string().min(1).optional().describe('the AWS region of PARKING_BUCKET; that of HOME_REGION'),
  METRICS_PORT: integerSetting(9464, 0, 65_535, 'the port to serve /metrics on'),
  WINDOW_SECONDS: integerSetting(300, 1, 86_400, 'seconds between two objects of a registration'),
  PART_ROWS_MAX: integerSetting(1_000_000, 1, 1_000_000, 'rows of an object'),
  OBJECTS_PER_REGISTRATION_MAX: integerSetting(
    200,
    1,
    objectsPerRegistrationLimit,
    'objects of a registration before a cut comes early',
  ),
  CUT_BYTES_MAX: integerSetting(
    128 * mebibyte,
    mebibyte,
    1024 * mebibyte,
    'bytes collected of a partition before a cut comes early',
  ),
  MEMORY_BYTES_MAX: integerSetting(
    1024 * mebibyte,
    2 * mebibyte,
    64 * 1024 * mebibyte,
    'bytes collected of all partitions before fetching pauses',
  ),
  STUCK_SECONDS: integerSetting(120, 1, 3_600, 'seconds that a partition may stand still behind its log'),
  ENCODER_THREADS: integerSetting(1, 1, 64, 'worker threads that encode'),
};

export type FlusherSettings = z.output<z.ZodObject<typeof flusherSettings>>;

/**
 * The flusher's settings. Besides what each allows, the memory must hold the largest cut that may have to be redone, or a
 * new owner could never finish it.
 */
export function readFlusherSettings(env: Readonly<Record<string, string | undefined>>): FlusherSettings {
  const settings = readSettings(flusherSettings, env, neighbourRules);
  const needed = settings.CUT_BYTES_MAX + messageBytesMax;
  if (settings.MEMORY_BYTES_MAX < needed) {
    throw new SettingsError([
      `MEMORY_BYTES_MAX = ${settings.MEMORY_BYTES_MAX}: it must hold a whole cut to redo, CUT_BYTES_MAX and one message: at least ${needed}`,
    ]);
  }
  return settings;
}
