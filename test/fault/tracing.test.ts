import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerClients } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { type FeedRecord, jsonOf } from '@tributary/local/feed/feed-record.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { logFile } from '@tributary/local/processes.ts';
import { agentTopic, handoffTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { StreamRecord } from '@tributary/stream';
import { OtlpCollector, type ReceivedSpan } from '../tools/otlp-collector.ts';
import type { Customer } from './customer.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const patienceMs = 120_000;
const marker = `marked-${randomBytes(6).toString('hex')}`;

/** One event of a process, whose command line, user and host are marked. */
function markedEvent(account: string): FeedRecord & { readonly payload: { readonly activity: object } } {
  const fleet = simulate({
    ...{ accounts: [account], hostsPerAccount: 1, run: marker, seed: 3, startMs: Date.now(), count: 200, stepMs: 1 },
  });
  for (const record of fleet)
    if (record.eventClass === 'process-activity' && 'activity' in record.payload) {
      const activity = { ...record.payload.activity, processCmd: marker, endpointHostName: marker };
      return { ...record, payload: { activity } };
    }
  throw new Error('the fleet starts no process');
}

describe('one traced event among others', () => {
  const collector = new OtlpCollector();
  const agent = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const clients = customerClients(readEndpoints(process.env.TRIBUTARY_LOCAL_DIR!));
  let rig: FaultRig;
  let customer: Customer;
  let event: FeedRecord;
  let receipts: StreamRecord[];
  let lake: { readonly key: string; readonly uuids: string[] }[];

  beforeAll(async () => {
    await collector.start();
    // Nothing is traced but what an agent asks for.
    rig = new FaultRig({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
    });
    await rig.start();
    customer = await rig.welcome();
    event = markedEvent(customer.account);
    const traceparent = `00-${agent.traceId}-${agent.spanId}-01`;
    await produce(event, { traceparent });
    const contents = new LakeContents(clients.s3);
    const objects = await until('the event in the lake', patienceMs, async () => {
      const found = await contents.fresh(customer.bucketName);
      return found.length > 0 && found;
    });
    lake = objects.map(({ key, rows }) => ({ key, uuids: rows.map(({ uuid }) => uuid) }));
    receipts = await until('its receipt', patienceMs, async () => {
      const found = await receiptsOf(customer.account);
      return found.length > 0 && found;
    });
    await until('the spans of the window', patienceMs, () =>
      collector.spans.find(({ name }) => name === `send ${receiptsTopic}`),
    );
    await until('the span of the window itself', patienceMs, () =>
      collector.spans.find(({ name }) => name === `process ${handoffTopic('process-activity')}`),
    );
  }, 300_000);

  afterAll(async () => {
    await rig?.stop();
    await collector.stop();
    clients.close();
  }, 60_000);

  async function produce(record: FeedRecord, headers: Record<string, string>): Promise<void> {
    if (!('activity' in record.payload)) throw new Error('an activity is expected');
    const publisher = rig.stream.publisher();
    const value = jsonOf(record.payload.activity);
    await publisher.publish([{ topic: agentTopic(record.eventClass), partition: 0, key: record.key, value, headers }]);
    await publisher.close();
  }

  async function receiptsOf(account: string): Promise<StreamRecord[]> {
    const found: StreamRecord[] = [];
    await rig.stream.read({
      ...{ topic: receiptsTopic, partition: 0, from: 0 },
      onRecord: (record) => void (record.key?.toString().startsWith(account) && found.push(record)),
    });
    return found;
  }

  const spansNamed = (name: string): ReceivedSpan[] => collector.spans.filter((span) => span.name === name);
  const parentOf = (span: ReceivedSpan) => collector.spans.find(({ spanId }) => spanId === span.parentSpanId);

  it('links_agent_batch_handoff_window_put_and_receipt', () => {
    expect(lake).toEqual([{ key: expect.any(String), uuids: [event.uuid] }]);

    const [batch] = spansNamed(`process ${agentTopic('process-activity')}`);
    expect(batch).toMatchObject({ service: 'consumer', links: [agent] });
    const [handoff] = spansNamed(`send ${handoffTopic('process-activity')}`);
    expect(handoff?.traceId).toBe(batch!.traceId);
    expect(parentOf(parentOf(handoff!)!)).toBe(batch);

    const [window] = spansNamed(`process ${handoffTopic('process-activity')}`);
    expect(window).toMatchObject({
      service: 'flusher',
      links: [{ traceId: handoff!.traceId, spanId: handoff!.spanId }],
    });
    const [put] = spansNamed('S3/PutObject');
    expect(put).toMatchObject({
      traceId: window!.traceId,
      attributes: {
        'tributary.registration': `${customer.account}/process-activity`,
        'tributary.event_class': 'process-activity',
        'tributary.ocsf_version': '1.1.0',
        'tributary.rows': 1,
        'tributary.outcome': 'created',
      },
    });
    expect(lake[0]!.key).toContain(String(put!.attributes['tributary.object']));
    const [sent] = spansNamed(`send ${receiptsTopic}`);
    expect(receipts.map(({ headers }) => headers.traceparent?.toString())).toEqual([
      `00-${window!.traceId}-${sent!.spanId}-01`,
    ]);
  });

  it('names_the_window_alike_in_trace_receipt_and_log', () => {
    const [window] = spansNamed(`process ${handoffTopic('process-activity')}`);
    const id = window!.attributes['tributary.window'];
    expect(receipts.map(({ value }) => JSON.parse(value!.toString()).window)).toEqual([id]);
    const line = logLines('flusher').find((one) => one.window === id && one.msg === 'committed a window');
    expect(line).toMatchObject({ trace_id: window!.traceId, rows: 1, objects: 1 });
  });

  it('traces_nothing_that_nobody_asked_for', () => {
    expect(collector.spans.filter(({ service }) => service === 'registration')).toEqual([]);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it('carries_no_customer_data_in_spans_or_logs', () => {
    for (const body of collector.bodies) {
      expect(body).not.toContain(marker);
      expect(body).not.toContain(customer.bucketName);
    }
    for (const name of ['consumer', 'flusher', 'registration'] as const)
      for (const line of logLines(name)) expect(JSON.stringify(line)).not.toContain(marker);
  });

  function logLines(name: string): Record<string, unknown>[] {
    const text = readFileSync(logFile(rig.dir, name), 'utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  }
});

describe('a collector that is away, or never answers', () => {
  const collector = new OtlpCollector();
  let rig: FaultRig;

  beforeAll(async () => {
    await collector.start();
    collector.hang();
    rig = new FaultRig({
      env: {
        ...{ OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_BSP_MAX_QUEUE_SIZE: '64' },
      },
      envOf: (name) => ({
        OTEL_EXPORTER_OTLP_ENDPOINT: name.startsWith('consumer') ? 'http://127.0.0.1:9' : collector.url,
      }),
    });
    await rig.start();
  }, 300_000);

  afterAll(async () => {
    await rig?.stop();
    await collector.stop();
  }, 60_000);

  it('delays_and_loses_nothing', async () => {
    const customer = await rig.welcome();
    await customer.feed(2_000, 500);
    expect(await customer.settled(patienceMs)).toEqual([]);
    expect(collector.requests).toBeGreaterThan(0);
  }, 300_000);
});
