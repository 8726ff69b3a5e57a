import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { z } from 'zod';
import { silentLog } from './pino.ts';
import { readSettings } from './settings.ts';
import { inSpan, linksMax, linksTo, traceFields, traceHeaders } from './spans.ts';
import { startTraced } from './tracing.ts';
import { headersOf, tracingRules, tracingSettings } from './tracing-settings.ts';

const read = (env: Record<string, string>) => readSettings(tracingSettings, env, [tracingRules]);
const contextOf = (number: number, flags = '01') =>
  `00-${number.toString(16).padStart(32, '0')}-${'1'.padStart(16, '0')}-${flags}`;

describe('settings of tracing', () => {
  it('trace_nothing_by_default', () => {
    expect(read({}).OTEL_EXPORTER_OTLP_ENDPOINT).toBeUndefined();
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
  ])('stop_the_start_where_%s_is_%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(`${name} = "${value}"`);
  });

  it.each(['no-pair', 'authorization=%zz'])('stop_the_start_with_headers_%s_and_do_not_show_them', (headers) => {
    const start = () => read({ OTEL_EXPORTER_OTLP_HEADERS: headers });
    expect(start).toThrow('OTEL_EXPORTER_OTLP_HEADERS (a secret)');
    expect(start).not.toThrow(headers);
  });

  it('decode_headers', () => {
    expect(headersOf('authorization=Basic%20eA==,x=1')).toEqual({ authorization: 'Basic eA==', x: '1' });
  });
});

// One process is traced or not, so what holds before comes first.
describe('spans', () => {
  it('are_none_where_nothing_is_traced', async () => {
    const asked: string[] = [];
    const options = { parent: { traceparent: contextOf(1) }, attributes: () => ({ asked: String(asked.push('it')) }) };
    expect(await inSpan('work', options, async () => [traceHeaders(), traceFields()])).toEqual([{}, {}]);
    expect(asked).toEqual([]);
  });

  it('hold_up_neither_work_nor_a_stop_when_the_collector_never_answers', async () => {
    const collector = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => collector.once('listening', resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as { port: number }).port}`;
    const settings = z.object(tracingSettings).parse({
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_MAX_QUEUE_SIZE: '64', OTEL_EXPORTER_OTLP_TIMEOUT: '1000' },
    });
    const service = await startTraced('test', settings, silentLog, async () => ({ stop: async () => {} }));
    const root = { parent: { traceparent: undefined } };
    for (let at = 0; at < 2_000; at++) await inSpan('work', root, async (note) => note({ at }));
    const stopped = service.stop();
    expect(await Promise.race([stopped.then(() => 'stopped'), delay(10_000, 'hangs', { ref: false })])).toBe('stopped');
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  }, 60_000);

  it('carry_the_context_of_the_span_under_way', async () => {
    const options = { parent: { traceparent: contextOf(7) } };
    const headers = await inSpan('work', options, async () => traceHeaders());
    expect(headers.traceparent).toMatch(/^00-0{31}7-[0-9a-f]{16}-01$/);
    expect(Object.keys(headers)).toEqual(['traceparent']);
  });

  it('have_no_part_without_a_whole', async () => {
    expect(await inSpan('step', {}, async () => traceHeaders())).toEqual({});
  });

  it('let_a_failure_through', async () => {
    const failing = inSpan('work', { parent: { traceparent: undefined } }, async () => {
      throw new Fault('fenced');
    });
    await expect(failing).rejects.toMatchObject({ code: 'fenced' });
  });

  it('link_to_distinct_sampled_contexts_and_to_32_at_most', () => {
    const given = [
      contextOf(1),
      contextOf(1),
      undefined,
      Buffer.from(contextOf(2)),
      contextOf(3, '00'),
      'x'.repeat(55),
    ];
    expect(linksTo(given).map(({ context }) => context.traceId.at(-1))).toEqual(['1', '2']);
    expect(linksTo(Array.from({ length: 100 }, (_, at) => contextOf(at + 1)))).toHaveLength(linksMax);
  });
});
