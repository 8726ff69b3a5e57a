import { expect, it } from '@jest/globals';
import { parkingContract } from './parking.contract.ts';
import { createMemoryParking } from './parking-memory.ts';

parkingContract('memory', async () => ({ parking: createMemoryParking(), close: async () => {} }));

it('answers_nothing_while_it_is_away', async () => {
  const parking = createMemoryParking();
  parking.away = true;
  await expect(parking.read('parked/a')).rejects.toMatchObject({ code: 'parking-unavailable' });
  await expect(parking.list('parked/')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'parking-unavailable',
  });
});
