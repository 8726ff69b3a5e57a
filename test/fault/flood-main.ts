/** A flood of any size against a running stack, with its figures as one line of JSON. */
import { parseArgs } from 'node:util';
import { flood } from './flood.ts';

const help = `Floods a consumer and a flusher of their own while every lake stalls for three windows.

  TRIBUTARY_LOCAL_DIR=DIR npm run flood -- [--events N] [--memory MIB] [--cut MIB]

  DIR        the directory of a running stack: npx tributary stack up --dir DIR --port-base 0
  --events   how many events (600000)
  --memory   MEMORY_BYTES_MAX of both services, MiB (256)
  --cut      CUT_BYTES_MAX of the flusher, MiB (32)
`;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '600000' },
    memory: { type: 'string', default: '256' },
    cut: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || !process.env.TRIBUTARY_LOCAL_DIR) {
  process.stdout.write(help);
  process.exitCode = values.help ? 0 : 2;
} else {
  const bytes = (mebibytes: string) => Number(mebibytes) * 1_048_576;
  const figures = await flood({
    events: Number(values.events),
    consumerMemoryMax: bytes(values.memory),
    flusherMemoryMax: bytes(values.memory),
    cutBytesMax: bytes(values.cut),
    log: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
