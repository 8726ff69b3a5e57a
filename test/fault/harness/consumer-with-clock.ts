import { runConsumer } from '@tributary/consumer/main.ts';
import { clockVariable, followShift } from './shifted-clock.ts';

if (import.meta.main) {
  const { [clockVariable]: file, ...env } = process.env;
  followShift(file!);
  await runConsumer(env);
}
