import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { encodeParkedFacts, parkedForMs } from '@tributary/schemas/lake/parked-object.ts';
import { inSpan, silentLog, startTraced, traceHeaders } from '@tributary/service';
import { tracingSettings } from '@tributary/service/tracing-settings.ts';
import { z } from 'zod';
import { accounts, Scene, settled } from '../owned.fixture.ts';
import { commit } from '../steps/commit.ts';
import { store } from '../steps/store.ts';

const [account] = accounts;
const window = 'ocsf.file-activity/0/1042';
const pauseMs = 30_000;

/** One object that a window parked, and committed; its lake refuses until the test says otherwise. */
async function withParked() {
  const scene = new Scene();
  const mood = { refuses: true };
  scene.answer = () =>
    mood.refuses ? { outcome: 'refused', fault: new Fault('put-refused'), certain: true } : undefined;
  scene.owned.cut = { offset: 1_042, openedAt: 0, partRows: 1_000 } as never;
  scene.owned.committer = { commit: async () => {} } as never;
  scene.owned.encoded = [scene.object(account, 1)];
  await store(scene.owned);
  await commit(scene.owned);
  await settled();
  return { scene, mood };
}

const linesOf = (scene: Scene) =>
  scene.logged
    .filter(({ object }) => object !== undefined)
    .map(({ window: of, msg, fault, outcome }) => [of, msg, fault ?? outcome]);

// One process is traced or not, so what holds before comes first.
describe('a parked object', () => {
  it('is named by the window that parked it in log lines and receipts of every further try', async () => {
    const { scene, mood } = await withParked();
    await scene.after(pauseMs);
    mood.refuses = false;
    await scene.after(2 * pauseMs);
    expect(linesOf(scene)).toEqual([
      [window, 'parked an object', 'put-refused'],
      [window, 'a parked object is refused again', 'put-refused'],
      [window, 'redelivered an object', 'created'],
    ]);
    expect(new Set(scene.logged.flatMap(({ object }) => object ?? [])).size).toBe(1);
    expect(scene.receipts.map((one) => [one.outcome, one.window])).toEqual([
      ['parked', window],
      ['parked', window],
      ['delivered', window],
    ]);
  });

  it('is named by it also when it is given up, by whoever owns the partition then', async () => {
    const { scene } = await withParked();
    await scene.after(parkedForMs, scene.owner());
    expect(linesOf(scene).at(-1)).toEqual([window, 'gave a parked object up', 'parked-expired']);
    expect(scene.receipts.at(-1)).toMatchObject({ outcome: 'dropped', window });
  });

  // S3 takes 2 KB of metadata. A role's path has up to 512 characters and its name 64; a source's name 64, its version 32.
  it('fits_with_its_facts_into_the_metadata_of_an_object', async () => {
    const { scene } = await withParked();
    const [facts] = [...scene.parking.objects.values()].map((one) => one.facts);
    const destination = {
      ...facts!.destination,
      ...{ bucketName: 'b'.repeat(63), prefix: `ext/${'s'.repeat(64)}/${'v'.repeat(32)}` },
      roleARN: `arn:aws:iam::111122223333:role/${'p'.repeat(511)}/${'r'.repeat(64)}`,
    };
    const most = Number.MAX_SAFE_INTEGER;
    const longest = encodeParkedFacts({
      ...facts!,
      ...{
        destination,
        generation: most,
        rows: most,
        handoffPartition: most,
        offsets: [most, most],
        times: [most, most],
      },
      ...{ registration: `${account}/registry-value-activity`, handoffTopic: 'ocsf.registry-value-activity' },
      ...{ window: `ocsf.registry-value-activity/${most}/${most}`, traceparent: '0'.repeat(55), parkedAt: most },
    });
    expect(longest.length).toBeLessThan(2_048 - 'tributary'.length);
  });
});

describe('a try of a parked object, traced', () => {
  it('is a trace of its own, linked to the window that parked it, with its put and its receipt', async () => {
    const bodies: string[] = [];
    const collector = createServer(async (request, response) => {
      bodies.push(await text(request));
      response.setHeader('content-type', 'application/json').end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => collector.once('listening', resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as { port: number }).port}`;
    // Nothing is traced but what is linked to something traced.
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
    const settings = z.object(tracingSettings).parse(env);
    const traced = await startTraced('flusher', settings, silentLog, async () => ({ stop: async () => {} }));

    const parent = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const { scene, mood } = await inSpan('window', { parent }, () => withParked());
    const untraced = await withParked();
    mood.refuses = false;
    await scene.after(pauseMs);
    untraced.mood.refuses = false;
    await untraced.scene.after(pauseMs);
    await traced.stop();
    await new Promise((resolve) => collector.close(resolve));

    const spans = bodies
      .flatMap((body) => JSON.parse(body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: { spans: object[] }) => scope.spans));
    const tries = spans.filter(({ name }) => name === 'redeliver ocsf.file-activity');
    expect(tries).toHaveLength(1);
    const [redelivery] = tries;
    expect(redelivery.links).toEqual([expect.objectContaining({ traceId: 'a'.repeat(32) })]);
    expect(redelivery.traceId).not.toBe('a'.repeat(32));
    expect(redelivery.attributes).toContainEqual({ key: 'tributary.window', value: { stringValue: window } });
    const put = spans.find(({ name, traceId }) => name === 'S3/PutObject' && traceId === redelivery.traceId);
    expect(put.parentSpanId).toBe(redelivery.spanId);
    expect(put.attributes).toContainEqual({ key: 'tributary.outcome', value: { stringValue: 'created' } });
    expect(scene.logged.at(-1)).toMatchObject({ msg: 'redelivered an object', trace_id: redelivery.traceId });
    for (const body of bodies) expect(body).not.toContain(`lake-of-${account}`);
    expect(traceHeaders()).toEqual({});
  });
});
