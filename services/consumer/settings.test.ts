import { describe, expect, it } from '@jest/globals';
import { readConsumerSettings } from './settings.ts';

const least = {
  KAFKA_BROKERS: 'localhost:9092',
  SCHEMA_REGISTRY_URL: 'http://localhost:8081',
  REDIS_URL: 'redis://localhost',
};

describe('the settings', () => {
  it('need_no_more_than_the_three_addresses', () => {
    const settings = readConsumerSettings(least);
    expect(settings).toMatchObject({ GROUP_ID: 'tributary.consumer', CLUSTER_LAYOUT: 'production' });
    expect(settings).toMatchObject({ HANDOFF_COMPRESSION: 'zstd', SOURCE_EPOCHS: new Map() });
  });

  it('read_the_epochs_of_recreated_topics', () => {
    const { SOURCE_EPOCHS } = readConsumerSettings({
      ...least,
      SOURCE_EPOCHS: 'agent.file-activity=1, agent.dns-activity=12',
    });
    expect([...SOURCE_EPOCHS]).toEqual([
      ['agent.file-activity', 1],
      ['agent.dns-activity', 12],
    ]);
  });

  it('refuse_epochs_of_other_topics_or_that_are_no_number', () => {
    for (const bad of [
      'ocsf.file-activity=1',
      'agent.file-activity',
      'agent.file-activity=-1',
      'agent.dns-activity=x',
    ]) {
      expect(() => readConsumerSettings({ ...least, SOURCE_EPOCHS: bad })).toThrow(bad);
    }
    expect(() => readConsumerSettings({ ...least, SOURCE_EPOCHS: 'agent.dns-activity=2147483648' })).toThrow('epoch');
  });

  it('keep_a_rest_well_below_what_counts_as_standing_still', () => {
    const settings = { ...least, LINGER_MS: '10000', STUCK_SECONDS: '20' };
    expect(readConsumerSettings(settings)).toMatchObject({ LINGER_MS: 10_000 });
    expect(() => readConsumerSettings({ ...settings, STUCK_SECONDS: '19' })).toThrow(
      'LINGER_MS = 10000: a partition that rests stands still: at most 9500, half of STUCK_SECONDS',
    );
  });

  it('name_everything_that_is_wrong_at_once', () => {
    expect(() => readConsumerSettings({ CLUSTER_LAYOUT: 'huge' })).toThrow(
      /KAFKA_BROKERS[\s\S]*REDIS_URL[\s\S]*CLUSTER_LAYOUT = "huge"[\s\S]*SCHEMA_REGISTRY_URL/,
    );
  });
});
