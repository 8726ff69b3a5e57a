import { expect, it } from '@jest/globals';
import { windowBudgetMs } from '@tributary/lake';
import { putsAtOnce } from './p-limit.ts';
import { readFlusherSettings } from './settings.ts';

const good = {
  KAFKA_BROKERS: 'host:9092',
  REDIS_URL: 'rediss://host:6379',
  HOME_REGION: 'us-1',
  PARKING_BUCKET: 'our-parking-bucket',
};

it('has a window of five minutes unless told otherwise', () => {
  expect(readFlusherSettings(good)).toMatchObject({
    WINDOW_SECONDS: 300,
    GROUP_ID: 'tributary.flusher',
    CLUSTER_LAYOUT: 'production',
  });
});

it('refuses a memory that could not hold the largest cut to redo', () => {
  const env = { ...good, CUT_BYTES_MAX: '134217728', MEMORY_BYTES_MAX: '134217728' };
  expect(() => readFlusherSettings(env)).toThrow(/MEMORY_BYTES_MAX = 134217728: it must hold a whole cut to redo/);
  expect(readFlusherSettings({ ...env, MEMORY_BYTES_MAX: '150994944' }).MEMORY_BYTES_MAX).toBe(150_994_944);
});

it('takes no more objects of a registration into a cut than its time in a window is enough for, at a second each', () => {
  const fits = (windowBudgetMs / 1_000) * putsAtOnce.registration;
  expect(readFlusherSettings({ ...good, OBJECTS_PER_REGISTRATION_MAX: String(fits) })).toBeDefined();
  const tooMany = { ...good, OBJECTS_PER_REGISTRATION_MAX: String(fits + 1) };
  expect(() => readFlusherSettings(tooMany)).toThrow(/OBJECTS_PER_REGISTRATION_MAX = "241"/);
});

it('names a home region that it does not know, and those it does', () => {
  expect(() => readFlusherSettings({ ...good, HOME_REGION: 'mars-1' })).toThrow(
    /HOME_REGION = "mars-1".*us-1, au-1, jp-1, de-1/,
  );
});

it('does not start without a bucket for parked objects, and names the setting', () => {
  const { PARKING_BUCKET: _, ...without } = good;
  expect(() => readFlusherSettings(without)).toThrow(/PARKING_BUCKET is not set.*our own S3 bucket/);
  expect(() => readFlusherSettings({ ...good, PARKING_BUCKET: 's3://x' })).toThrow(/PARKING_BUCKET = "s3:\/\/x"/);
});
