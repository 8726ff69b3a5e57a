import { expect, it } from '@jest/globals';
import { serveOperations } from './operations.ts';
import { createMetrics } from './prom-client.ts';

it('says that it is alive, whether it is ready and why not, and what it counted', async () => {
  let reason: string | undefined = 'has not joined';
  const metrics = createMetrics();
  metrics.count('tributary_flusher_objects_total', { event_class: 'dns-activity', outcome: 'created' }, 3);
  let stuck: string | undefined;
  const operations = await serveOperations({
    host: '127.0.0.1',
    port: 0,
    metrics,
    notReady: () => reason,
    notAlive: () => stuck,
  });
  const get = (path: string) => fetch(`http://127.0.0.1:${operations.port}${path}`);
  expect((await get('/healthz')).status).toBe(200);
  const notReady = await get('/readyz');
  expect([notReady.status, await notReady.json()]).toEqual([503, { status: 'not ready', reason: 'has not joined' }]);
  reason = undefined;
  expect((await get('/readyz')).status).toBe(200);
  expect((await get('/livez')).status).toBe(200);
  stuck = 'stands still';
  const notAlive = await get('/livez');
  expect([notAlive.status, await notAlive.json()]).toEqual([503, { status: 'not alive', reason: 'stands still' }]);
  expect(await (await get('/metrics')).text()).toContain(
    'tributary_flusher_objects_total{event_class="dns-activity",outcome="created"} 3',
  );
  await operations.close();
});
