import { resolve } from 'node:path';
import { type Bundle, makeBundle } from '@tributary/docker/bundle.ts';
import { type ImageName, imageNames } from '@tributary/docker/images.ts';
import { Argument, type Command } from 'commander';
import { textTable } from '../text-table.ts';

interface BundleOptions {
  readonly out: string;
  readonly json: boolean;
}

const head = ['image', 'size', 'files', 'packages (ours + others)', 'digest'];
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const row = ({ name, bytes, files, packages, digest }: Bundle) => [
  name,
  megabytes(bytes),
  String(files),
  `${packages.ours} + ${packages.others}`,
  digest.slice(0, 'sha256:'.length + 12),
];

async function bundle(names: readonly ImageName[], { out, json }: BundleOptions): Promise<void> {
  const made: Bundle[] = [];
  for (const name of names.length === 0 ? imageNames : names) made.push(await makeBundle(name, { out: resolve(out) }));
  if (json) console.log(JSON.stringify(made, undefined, 2));
  else console.log(textTable([head, ...made.map(row)]));
}

/** `tributary bundle`: what goes into each image. */
export function add(program: Command) {
  program
    .command('bundle')
    .description(
      'makes what goes into each image: sources as they are, production dependencies for this platform, and an SBOM; start one with: node DIR/<service>',
    )
    .addArgument(new Argument('[service...]', 'all by default').choices(imageNames))
    .requiredOption('--out <dir>', 'where to; DIR/<service> is replaced')
    .option('--json', 'as JSON, with whole digests', false)
    .action(bundle);
}
