import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { MemoryFigures } from '../load/hostile-memory.ts';

const script = new URL('../load/hostile-memory.ts', import.meta.url).pathname;
/** For each of six classes what is kept from batch to batch, a batch of 16 MB in each of its forms, and what the collector hasn't taken yet. */
const residentBytesMax = 1200 * 1024 * 1024;
/** A member sends a heartbeat every three seconds. */
const sliceMsMax = 300;

describe('a consumer that is sent texts which never repeat', () => {
  it('stays_within_its_memory_however_many_come_and_never_holds_up_a_heartbeat', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, '400']);
    const { sentBytes, residentMax, handedOff, longestSliceMs } = JSON.parse(stdout) as MemoryFigures;
    expect(sentBytes).toBeGreaterThan(400 * 1024 * 1024);
    expect(handedOff).toBeGreaterThan(100_000);
    expect(residentMax).toBeLessThan(residentBytesMax);
    expect(longestSliceMs).toBeLessThan(sliceMsMax);
  }, 600_000);
});
