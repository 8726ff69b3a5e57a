import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { integerSetting, readSettings, SettingsError } from './settings.ts';

const shape = {
  REDIS_URL: z.url({ protocol: /^rediss$/ }).describe('rediss://user:password@host:port'),
  API_SECRET: z.string().min(20).describe('at least 20 characters'),
  WINDOW_SECONDS: integerSetting(300, 1, 86_400, 'seconds of a window'),
};
const good = { REDIS_URL: 'rediss://host:6379', API_SECRET: 'x'.repeat(20) };

const messageOf = (env: Record<string, string>) => {
  try {
    readSettings(shape, env);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error('these settings were accepted');
};

describe('the settings of a service', () => {
  it('are read by their names, with what is not set at its default', () => {
    expect(readSettings(shape, { ...good, OTHER: 'ignored' })).toEqual({ ...good, WINDOW_SECONDS: 300 });
    expect(readSettings(shape, { ...good, WINDOW_SECONDS: '60' }).WINDOW_SECONDS).toBe(60);
  });

  it('stop the start with the name, the value and what is allowed, all at once', () => {
    const message = messageOf({ REDIS_URL: 'http://host', WINDOW_SECONDS: '0' });
    expect(message).toContain('REDIS_URL = "http://host"');
    expect(message).toContain('Allowed: rediss://user:password@host:port');
    expect(message).toContain('API_SECRET is not set');
    expect(message).toMatch(/WINDOW_SECONDS = "0".*Allowed: seconds of a window: a whole number from 1 to 86400/);
  });

  it('never show a secret, not even one inside an address', () => {
    const message = messageOf({ REDIS_URL: 'redis://user:hunter2/x@host', API_SECRET: 'short-secret' });
    expect(message).toContain('REDIS_URL (a secret)');
    expect(message).not.toMatch(/hunter2|short-secret/);
  });

  it('take an empty value for one that is not set', () => {
    expect(readSettings(shape, { ...good, WINDOW_SECONDS: '' }).WINDOW_SECONDS).toBe(300);
  });
});
