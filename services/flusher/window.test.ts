import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutReason, spreadOf, windowEnd } from './window.ts';

const limits = { windowMs: 300_000, cutBytesMax: 1_000, objectsPerRegistrationMax: 3 };
const contents = { openedAt: Date.UTC(2026, 0, 1, 0, 2), bytes: 0, objectsOfOneRegistration: 0 };

describe('the window', () => {
  it('ends at the next five minutes of the clock', () => {
    expect(windowEnd(Date.UTC(2026, 0, 1, 0, 2), 300_000, 0)).toBe(Date.UTC(2026, 0, 1, 0, 5));
    expect(windowEnd(Date.UTC(2026, 0, 1, 0, 5), 300_000, 0)).toBe(Date.UTC(2026, 0, 1, 0, 10));
  });

  it('ends after it was opened, and within one window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 42 }),
        fc.integer({ min: 1_000, max: 86_400_000 }),
        fc.nat(200),
        (openedAt, windowMs, index) => {
          const end = windowEnd(openedAt, windowMs, spreadOf(index, windowMs));
          expect(end).toBeGreaterThan(openedAt);
          expect(end - openedAt).toBeLessThanOrEqual(windowMs);
        },
      ),
    );
  });

  it('is spread over partitions by less than five seconds and a tenth of the window', () => {
    const spreads = Array.from({ length: 144 }, (_, index) => spreadOf(index, 300_000));
    expect(Math.max(...spreads)).toBeLessThan(5_000);
    expect(new Set(spreads).size).toBeGreaterThan(100);
    expect(Math.max(...Array.from({ length: 144 }, (_, index) => spreadOf(index, 1_000)))).toBeLessThan(100);
  });

  it('stays open until its end, then is cut', () => {
    expect(cutReason(contents, limits, 0, Date.UTC(2026, 0, 1, 0, 4, 59))).toBeUndefined();
    expect(cutReason(contents, limits, 0, Date.UTC(2026, 0, 1, 0, 5))).toBe('window ended');
  });

  it('is cut early at the byte budget, and when one registration would need too many objects', () => {
    const early = contents.openedAt + 1;
    expect(cutReason({ ...contents, bytes: 1_000 }, limits, 0, early)).toBe('byte budget');
    expect(cutReason({ ...contents, objectsOfOneRegistration: 4 }, limits, 0, early)).toBe('object limit');
    expect(cutReason({ ...contents, bytes: 999, objectsOfOneRegistration: 3 }, limits, 0, early)).toBeUndefined();
  });

  it('does not wait for hours when the clock that opened it has been set back', () => {
    const hourEarlier = contents.openedAt - 3_600_000;
    expect(cutReason(contents, limits, 0, hourEarlier)).toBe('window ended');
  });

  it('is due at once for a new owner when it was opened a window ago', () => {
    expect(cutReason(contents, limits, 0, Date.UTC(2026, 0, 1, 0, 9))).toBe('window ended');
  });
});
