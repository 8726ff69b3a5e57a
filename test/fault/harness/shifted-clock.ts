import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The variable that names the file with how far a process's clock is shifted, in ms. */
export const clockVariable = 'TRIBUTARY_FAULT_CLOCK';

const lookEveryMs = 200;

/** Lets the clock of a process jump: its services and libraries see a time that is so much later, or earlier. */
export function jump(file: string, byMs: number): void {
  writeFileSync(file, String(byMs));
}

/** Takes the place of this process's clock. To be called before the clock is handed to anything. */
export function followShift(file: string): void {
  const real = Date.now;
  let shiftMs = 0;
  const look = () => {
    shiftMs = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  };
  look();
  setInterval(look, lookEveryMs).unref();
  Date.now = () => real() + shiftMs;
}
