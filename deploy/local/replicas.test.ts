import { describe, expect, it } from '@jest/globals';
import { portOf, portOffsets, portsPerStack, replicasMax } from './ports.ts';
import { addressesOf, replicasOf, serviceNames } from './replicas.ts';

const base = 20_000;

describe('replicas of services', () => {
  it('a_service_of_one_process_has_its_own_name_and_port', () => {
    const replicas = replicasOf(serviceNames, {}, base);
    expect(replicas.map(({ name }) => name)).toEqual([...serviceNames]);
    expect(replicas.map(({ port }) => port)).toEqual(serviceNames.map((name) => portOf(base, `${name}Operations`)));
    expect(replicas[0]!.restPort).toBe(portOf(base, 'registration'));
  });

  it('each_of_several_has_ports_that_nobody_else_of_the_stack_has', () => {
    const all = replicasOf(
      serviceNames,
      { registration: replicasMax, consumer: replicasMax, flusher: replicasMax },
      base,
    );
    const ports = [
      ...all.map(({ port }) => port),
      ...all.filter(({ service }) => service === 'registration').map(({ restPort }) => restPort),
      ...Object.entries(portOffsets).flatMap(([name, offset]) =>
        /Operations$|^registration$/.test(name) ? [] : base + offset,
      ),
    ];
    expect(new Set(ports).size).toBe(ports.length);
    expect(Math.max(...ports)).toBeLessThan(base + portsPerStack);
  });

  it('more_than_the_stack_has_ports_for_are_refused', () => {
    expect(() => replicasOf(['consumer'], { consumer: replicasMax + 1 }, base)).toThrow('at most');
  });

  it('says_where_each_answers_and_the_first_by_its_service_too', () => {
    const replicas = replicasOf(['consumer', 'flusher'], { consumer: 2 }, base);
    const [first, second, flusher] = replicas.map(({ port }) => `http://127.0.0.1:${port}`);
    expect(addressesOf(replicas)).toEqual({
      metrics: { consumer: first, 'consumer-1': first, 'consumer-2': second, flusher },
    });
  });

  it('forgets_the_replicas_of_an_earlier_start_and_no_other_service', () => {
    const before = { consumer: 'a', 'consumer-1': 'a', 'consumer-2': 'b', registration: 'c' };
    const { metrics } = addressesOf(replicasOf(['consumer'], {}, base), before);
    expect(metrics).toEqual({ consumer: expect.stringMatching(/^http/), registration: 'c' });
  });
});
