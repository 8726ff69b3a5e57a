import { runFlusher } from '@tributary/flusher/main.ts';
import { clockVariable, followShift } from './shifted-clock.ts';

if (import.meta.main) {
  const { [clockVariable]: file, ...env } = process.env;
  followShift(file!);
  await runFlusher(env);
}
