import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensurePython } from '@tributary/local/tools.ts';
import { execa } from 'execa';
import { landedIn, linesOf, type Produce } from './record-to-send.ts';

/** librdkafka by Confluent's Python client, with its AvroSerializer. Throws a StackError where pip can't install it. */
export async function librdkafka(): Promise<Produce> {
  const requirements = readFileSync(join(import.meta.dirname, 'requirements.txt'), 'utf8');
  const environment = await ensurePython(
    join(repositoryRoot, '.local/tools'),
    'confluent-kafka-2.16.1',
    requirements,
    () => {},
  );
  return async (records, place) => {
    const script = join(import.meta.dirname, 'produce.py');
    const command = [script, JSON.stringify(place)];
    const { stdout } = await execa(join(environment, 'bin/python'), command, { input: linesOf(records) });
    return landedIn(stdout, records);
  };
}
