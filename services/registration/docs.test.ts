import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openapi } from '@tributary/schemas/rest/openapi.ts';
import { Rig } from './rig.fixture.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig().start();
});
afterEach(() => rig.stop());

const get = (url: string) => rig.server.inject({ method: 'GET', url });

describe('the page of the API', () => {
  it('comes_with_all_that_it_needs_from_here', async () => {
    const page = await get('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const needed = [...page.payload.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
    expect(needed.length).toBeGreaterThan(3);
    for (const url of needed) {
      const path = new URL(url, 'http://here/docs/').pathname;
      expect({ url, status: (await get(path)).statusCode }).toEqual({ url, status: 200 });
    }
    expect(needed.filter((url) => /^(https?:)?\/\//.test(url))).toEqual([]);
  });

  it('may_load_and_ask_nothing_elsewhere', async () => {
    const policy = String((await get('/docs')).headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:\/\/|\*/);
  });

  it('shows_the_document_by_which_requests_are_validated', async () => {
    expect(JSON.parse((await get('/docs/json')).payload)).toEqual(JSON.parse(JSON.stringify(openapi)));
  });

  it('asks_for_the_key_as_the_header_that_we_read_for_every_operation', () => {
    expect(openapi.components.securitySchemes.ApiKey).toMatchObject({
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
    });
    expect(openapi.security).toEqual([{ ApiKey: [] }]);
    const operations = Object.values(openapi.paths).flatMap((item) => Object.values(item as object));
    for (const operation of operations) expect(operation).not.toHaveProperty('security');
  });
});
