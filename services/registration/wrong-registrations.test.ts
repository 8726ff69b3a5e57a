import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acme, Rig } from './rig.fixture.ts';
import { wrongRegistrations } from './wrong-registrations.fixture.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await new Rig().start();
});
afterAll(() => rig.stop());

describe('a registration', () => {
  it('can_be_wrong_in_more_than_forty_ways', () => {
    expect(wrongRegistrations.length).toBeGreaterThan(40);
  });

  it.each(wrongRegistrations)(
    'with_%s_is_refused_and_nothing_is_saved',
    async (_what, body, code, pointer, sentence) => {
      const version = await rig.store.version();
      const answer = await rig.send('POST', '/api/registrations', JSON.stringify(body));
      expect(answer).toMatchObject({ status: 400, body: { type: `urn:tributary:problem:${code}`, status: 400 } });
      expect(answer.body.detail).toMatch(sentence);
      expect(answer.body.pointer).toBe(pointer === undefined || pointer === '#' ? pointer : `#/${pointer}`);
      expect(await rig.store.version()).toBe(version);
      expect(await rig.store.registrationsOf(acme)).toEqual([]);
      expect(rig.prober.asked).toEqual([]);
    },
  );
});
