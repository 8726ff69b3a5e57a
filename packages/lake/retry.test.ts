import { describe, expect, it } from '@jest/globals';
import { Fault, type FaultCode, faults } from '@tributary/schemas/faults.ts';
import fc from 'fast-check';
import type { PutRequest } from './lake.ts';
import { createMemoryLake } from './memory.ts';
import { putWithRetry } from './p-retry.ts';
import { Patience } from './patience.ts';
import { msToPut, pauseBeforeRetry, retryBudgetMs, slowestBytesPerSecond } from './retry.ts';

const codes = Object.keys(faults) as FaultCode[];
const pause = (code: FaultCode, attempt = 1, spentMs = 0, random = 0) =>
  pauseBeforeRetry({ fault: new Fault(code), attempt, leftMs: retryBudgetMs - spentMs, random });

describe('the pause before another try', () => {
  it('exists_only_for_faults_that_are_worth_another_try_now', () => {
    for (const code of codes) expect(pause(code) !== undefined).toBe(faults[code].retry === 'now');
  });

  it('grows_to_five_seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => pause('lake-throttled', attempt, 0, 1))).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  it('is_none_for_ended_credentials_the_first_time', () => {
    expect(pause('credentials-expired', 1, 0, 0.7)).toBe(0);
    expect(pause('credentials-expired', 2, 0, 0.7)).toBeGreaterThan(0);
  });

  it('ends_within_the_budget_and_is_at_least_half_of_its_whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(40_000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, spentMs, random) => {
          const ms = pause('lake-unavailable', attempt, spentMs, random);
          if (ms === undefined) return;
          expect(spentMs + ms).toBeLessThan(retryBudgetMs);
          expect(ms).toBeGreaterThanOrEqual(Math.min(5_000, 200 * 2 ** (attempt - 1)) / 2);
        },
      ),
    );
  });
});

const destination = {
  providerAccountID: '111122223333',
  bucketName: 'lake',
  prefix: 'ext/a',
  roleARN: 'arn:aws:iam::111122223333:role/a',
};
const request = { destination, externalId: '000000000001', key: 'ext/a/x.parquet', body: new Uint8Array([1]) };

/** A lake, and a clock that only pauses move. */
function scene() {
  const lake = createMemoryLake();
  lake.admit(destination, request.externalId);
  const clock = { ms: 0 };
  const pauses: number[] = [];
  const options = {
    now: () => clock.ms,
    random: () => 0.5,
    pause: async (ms: number) => {
      pauses.push(ms);
      clock.ms += ms;
    },
  };
  return { lake, clock, pauses, options };
}

/** A lake that takes each object after 20 s. */
function slowScene() {
  const { lake, clock, options } = scene();
  const slow = {
    ...lake,
    put: (asked: PutRequest) => {
      clock.ms += 20_000;
      return lake.put(asked);
    },
  };
  return { lake, clock, options, slow };
}

describe('a put with retries', () => {
  it('gets_there_after_throttling_with_growing_pauses', async () => {
    const { lake, pauses, options } = scene();
    lake.play({ what: 'refuse', fault: 'lake-throttled' }, 3);
    expect(await putWithRetry(lake, request, options)).toEqual({ outcome: 'created' });
    expect(pauses).toEqual([150, 300, 600]);
  });

  it('finds_its_own_object_after_a_lost_answer', async () => {
    const { lake, options } = scene();
    lake.play({ what: 'lose-answer', fault: 'lake-unavailable' });
    expect(await putWithRetry(lake, request, options)).toEqual({ outcome: 'already-there' });
    expect(lake.objects.size).toBe(1);
  });

  it.each(['role-refused', 'put-refused', 'bucket-missing'] as const)('surfaces_%s_at_once', async (fault) => {
    const { lake, options } = scene();
    lake.play({ what: 'refuse', fault }, 1);
    await expect(putWithRetry(lake, request, options)).rejects.toMatchObject({ code: fault });
    expect(lake.asked).toHaveLength(1);
  });

  it('gives_up_with_the_last_fault_when_the_budget_is_spent', async () => {
    const { lake, clock, options } = scene();
    lake.play({ what: 'refuse', fault: 'lake-throttled' }, 100);
    const tries: (number | undefined)[] = [];
    const onFailedTry = (_: Fault, __: number, pauseMs: number | undefined) => tries.push(pauseMs);
    const put = putWithRetry(lake, request, {
      ...options,
      patience: new Patience(options.now, { failingMs: 10_000 }),
      onFailedTry,
    });
    await expect(put).rejects.toMatchObject({ code: 'lake-throttled' });
    expect(clock.ms).toBeLessThan(10_000);
    expect(tries).toHaveLength(lake.asked.length);
    expect(tries.at(-1)).toBeUndefined();
  });

  it('gives_a_hanging_try_up_when_the_budget_ends', async () => {
    const { lake, options } = scene();
    lake.hold();
    const put = putWithRetry(lake, request, { ...options, patience: new Patience(options.now, { failingMs: 20 }) });
    await expect(put).rejects.toMatchObject({ code: 'lake-unavailable' });
    expect(lake.asked).toHaveLength(1);
  });

  it('stops_while_it_pauses_when_the_signal_aborts', async () => {
    const { lake, options } = scene();
    lake.play({ what: 'refuse', fault: 'lake-throttled' }, 100);
    const stop = new AbortController();
    const reason = new Error('shutting down');
    const { pause: _, ...withoutPause } = options;
    const put = putWithRetry(
      lake,
      { ...request, signal: stop.signal },
      { ...withoutPause, onFailedTry: () => stop.abort(reason) },
    );
    await expect(put).rejects.toThrow('shutting down');
    expect(lake.asked).toHaveLength(1);
  });
});

describe('the patience with one registration in one window', () => {
  it('is_shared_by_all_of_its_objects_and_ends_for_all_at_once', async () => {
    const { lake, clock, options } = scene();
    lake.play({ what: 'refuse', fault: 'lake-throttled' }, 1_000);
    const patience = new Patience(options.now);
    const puts = [1, 2, 3].map((at) =>
      putWithRetry(lake, { ...request, key: `ext/a/${at}` }, { ...options, patience }),
    );
    const codes = (await Promise.allSettled(puts)).map((put) => put.status);
    expect(codes).toEqual(['rejected', 'rejected', 'rejected']);
    expect(clock.ms).toBeLessThan(30_000);
    expect(patience.refusal?.code).toBe('lake-throttled');
    const asked = lake.asked.length;
    await expect(putWithRetry(lake, { ...request, key: 'ext/a/4' }, { ...options, patience })).rejects.toBe(
      patience.refusal,
    );
    expect(lake.asked).toHaveLength(asked);
  });

  it('for_tries_that_fail_is_not_spent_by_those_that_succeed_however_long_they_take', async () => {
    const { clock, options, slow } = slowScene();
    const patience = new Patience(options.now);
    for (const at of [1, 2, 3]) await putWithRetry(slow, { ...request, key: `ext/a/${at}` }, { ...options, patience });
    expect([clock.ms, patience.leftMs, patience.refusal]).toEqual([60_000, 30_000, undefined]);
  });

  // The story: a lake took each object after some seconds and refused none, so its partition waited for all of hundreds.
  it('ends_when_all_puts_together_have_taken_the_whole_time_though_each_succeeded', async () => {
    const { lake, options, slow } = slowScene();
    const patience = new Patience(options.now, { wholeMs: 60_000 });
    const put = (at: number) => putWithRetry(slow, { ...request, key: `ext/a/${at}` }, { ...options, patience });
    for (const at of [1, 2, 3]) expect(await put(at)).toEqual({ outcome: 'created' });
    expect(patience.refusal?.code).toBe('lake-slow');
    await expect(put(4)).rejects.toMatchObject({ code: 'lake-slow' });
    expect(lake.asked).toHaveLength(3);
  });

  it('gives_up_a_try_that_is_under_way_when_the_whole_time_ends_and_finds_its_object_later', async () => {
    const { lake, clock, options } = scene();
    const patience = new Patience(options.now, { wholeMs: 20 });
    const late = {
      ...lake,
      put: async (asked: PutRequest) => {
        await new Promise((resolve) => asked.signal!.addEventListener('abort', resolve, { once: true }));
        clock.ms += 20;
        await lake.put({ ...request, key: asked.key });
        throw asked.signal!.reason;
      },
    };
    await expect(putWithRetry(late, request, { ...options, patience })).rejects.toMatchObject({ code: 'lake-slow' });
    expect(await putWithRetry(lake, request, options)).toEqual({ outcome: 'already-there' });
  });

  // The story: 30 s after its start each try was cut off, so 40 MB to a bucket that takes 1 MB a second never got there.
  it('lets_a_try_of_many_bytes_go_on_while_they_flow_though_less_time_is_left_for_failing', async () => {
    const { lake, options } = scene();
    const patience = new Patience(options.now, { failingMs: 10 });
    const slow = {
      ...lake,
      put: async (asked: PutRequest) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        asked.signal!.throwIfAborted();
        return lake.put(asked);
      },
    };
    const body = new Uint8Array(10 * slowestBytesPerSecond);
    expect(await putWithRetry(slow, { ...request, body }, { ...options, patience })).toEqual({ outcome: 'created' });
  });

  it('gives_a_try_what_is_left_or_a_second_for_each_mebibyte_but_no_more_than_is_left_in_all', () => {
    const { options } = scene();
    expect([msToPut(0), msToPut(128 * slowestBytesPerSecond)]).toEqual([0, 128_000]);
    const parked = new Patience(options.now);
    expect([1, 30, 128].map((mebibytes) => parked.tryMs(mebibytes * 1_048_576))).toEqual([30_000, 30_000, 128_000]);
    const ofWindow = new Patience(options.now, { wholeMs: 60_000 });
    expect([1, 45, 128].map((mebibytes) => ofWindow.tryMs(mebibytes * 1_048_576))).toEqual([30_000, 45_000, 60_000]);
  });

  it('is_not_spent_by_waiting_for_a_place', async () => {
    const { lake, clock, options } = scene();
    const patience = new Patience(options.now);
    const place = <T>(attempt: () => Promise<T>) => {
      clock.ms += 60_000;
      return attempt();
    };
    expect(await putWithRetry(lake, request, { ...options, patience, place })).toEqual({ outcome: 'created' });
  });
});
