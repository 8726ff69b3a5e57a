import { runFlusher } from '@tributary/flusher/main.ts';
import { encodedVariable, measureEncoding, writeEncoded } from './encoded-work.ts';
import { groupVariable } from './kill-at-step.ts';

if (import.meta.main) {
  const { [encodedVariable]: file, [groupVariable]: group, ...env } = process.env;
  const onStep = measureEncoding(performance.now.bind(performance), (work) => writeEncoded(file!, work));
  await runFlusher({ ...env, GROUP_ID: `${group}.flusher` }, onStep);
}
