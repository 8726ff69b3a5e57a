import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensurePython } from '@tributary/local/tools.ts';
import { execa } from 'execa';
import { type CanonicalRow, canonicalRow } from './canonical.ts';

const requirements = 'pyarrow==26.0.1\n';

/** The rows of each Parquet file, in its order, as pyarrow reads them. Installs it into `.local/tools` when needed. */
export async function readByPyarrow(paths: readonly string[]): Promise<CanonicalRow[][]> {
  const environment = await ensurePython(join(repositoryRoot, '.local/tools'), 'pyarrow', requirements, () => {});
  const script = join(import.meta.dirname, 'read_parquet.py');
  const { stdout } = await execa(join(environment, 'bin/python'), [script], {
    input: paths.join('\n'),
    maxBuffer: 1_000_000_000,
  });
  return stdout.split('\n').map((line) => (JSON.parse(line) as Record<string, unknown>[]).map(canonicalRow));
}
