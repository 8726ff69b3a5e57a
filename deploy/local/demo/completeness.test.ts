import { describe, expect, it } from '@jest/globals';
import { Completeness, type FedEvent } from './completeness.ts';

const event = (uuid: string, changed: Partial<FedEvent> = {}): FedEvent => ({
  uuid,
  eventClass: 'dns-activity',
  account: 'a',
  source: `agent.dns-activity/0/${uuid}`,
  ...changed,
});
const started = () => new Completeness((account) => account === 'a' || account === 'b');
const dns = (proof: Completeness) => proof.totals().find(({ eventClass }) => eventClass === 'dns-activity')!;

describe('the proof of completeness', () => {
  it('adds up: fed is delivered, rejected, not registered and waiting', () => {
    const proof = started();
    for (const uuid of ['1', '2', '4']) proof.fed(event(uuid));
    proof.fed(event('3', { account: 'c' }));
    proof.delivered('1', 'a', 'dns-activity', 4003, 5);
    proof.rejected({ source: 'agent.dns-activity/0/2', fault: 'invalid-event-time' });
    expect(dns(proof)).toMatchObject({ fed: 4, delivered: 1, rejected: 1, notRegistered: 1, waiting: 1, newest: 5 });
    expect(proof.waiting(9).map(({ uuid }) => uuid)).toEqual(['4']);
    expect([...proof.reasons()]).toEqual([['dns-activity: invalid-event-time', 1]]);
    expect(proof.wrong()).toEqual([]);
  });

  it('sees a row twice, in another’s lake, in another class, and one that nobody fed', () => {
    const proof = started();
    for (const uuid of ['1', '2', '3']) proof.fed(event(uuid));
    proof.delivered('1', 'a', 'dns-activity', 4003, 5);
    proof.delivered('1', 'a', 'dns-activity', 4003, 5);
    proof.delivered('2', 'b', 'dns-activity', 4003, 5);
    proof.delivered('3', 'a', 'file-activity', 1001, 5);
    proof.delivered('9', 'a', 'dns-activity', 4003, 5);
    expect(proof.wrong()).toEqual([
      '1 was delivered twice',
      '2 of account a lies in the lake of b',
      '3 of dns-activity lies among file-activity as class 1001',
      '1 rows or rejected records were never fed',
    ]);
  });

  it('sees what was delivered to somebody who is not registered', () => {
    const proof = started();
    proof.fed(event('1', { account: 'c' }));
    proof.delivered('1', 'c', 'dns-activity', 4003, 5);
    expect(proof.wrong()).toEqual(['1 was delivered although c is not registered for dns-activity']);
  });

  it('counts a rejected record once, however often it was written', () => {
    const proof = started();
    proof.fed(event('1'));
    proof.rejected({ source: 'agent.dns-activity/0/1', fault: 'x' });
    proof.rejected({ source: 'agent.dns-activity/0/1', fault: 'x' });
    expect(dns(proof)).toMatchObject({ rejected: 1, waiting: 0 });
  });

  it('holds a record that is broken on purpose to its fault', () => {
    const proof = started();
    for (const uuid of ['1', '2']) proof.fed(event(uuid, { fault: 'undecodable-avro' }));
    proof.rejected({ source: 'agent.dns-activity/0/1', fault: 'empty-value' });
    proof.delivered('2', 'a', 'dns-activity', 4003, 5);
    expect(proof.wrong()).toEqual([
      '1 was rejected as empty-value, not as undecodable-avro',
      '2 was delivered, not rejected as undecodable-avro',
    ]);
  });

  it('takes a row that is found before the ledger tells of it', () => {
    const proof = started();
    proof.delivered('1', 'a', 'dns-activity', 4003, 5);
    expect(proof.wrong()).toHaveLength(1);
    proof.fed(event('1'));
    expect(dns(proof)).toMatchObject({ fed: 1, delivered: 1, waiting: 0 });
    expect(proof.wrong()).toEqual([]);
  });
});
