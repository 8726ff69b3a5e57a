import { posix } from 'node:path';
import { type Finding, type Import, importsOf, type SourceFile } from './source-file.ts';

/** Where each workspace package lies. */
export const workspace: Readonly<Record<string, string>> = {
  '@tributary/schemas': 'schemas',
  '@tributary/stream': 'packages/stream',
  '@tributary/subscriptions': 'packages/subscriptions',
  '@tributary/ocsf': 'packages/ocsf',
  '@tributary/lake': 'packages/lake',
  '@tributary/service': 'packages/service',
  '@tributary/consumer': 'services/consumer',
  '@tributary/flusher': 'services/flusher',
  '@tributary/registration': 'services/registration',
  '@tributary/docker': 'deploy/docker',
  '@tributary/local': 'deploy/local',
  '@tributary/observe': 'deploy/observe',
  '@tributary/cli': 'bin',
  '@tributary/test': 'test',
};

const folders = Object.values(workspace);

/** The workspace folder in which `path` lies, if any. */
function folderOf(path: string): string | undefined {
  return folders.find((folder) => path === folder || path.startsWith(`${folder}/`));
}

function targetOf(file: SourceFile, { source }: Import): { folder: string | undefined; relative: boolean } {
  if (source.startsWith('.')) return { folder: folderOf(posix.join(posix.dirname(file.path), source)), relative: true };
  const name = source.split('/').slice(0, 2).join('/');
  return { folder: workspace[name], relative: false };
}

/** What a folder may import beside itself, as a sentence and as a test. */
function directionOf(folder: string): { allows: (target: string) => boolean; sentence: string } {
  if (folder === 'schemas')
    return { allows: () => false, sentence: 'schemas imports nothing of ours: move the rule into a package' };
  if (folder.startsWith('packages/'))
    return {
      allows: (target) => target === 'schemas',
      sentence: 'a package imports only @tributary/schemas: hand the other part in, or join the two in a service',
    };
  if (folder.startsWith('services/'))
    return {
      allows: (target) => target === 'schemas' || target.startsWith('packages/'),
      sentence:
        'a service imports only packages and schemas: let services talk through a topic, or move the code into a package',
    };
  return {
    allows: (target) => target !== 'test' || folder === 'test',
    sentence: 'nothing but tests imports test/: move the code to where both can use it',
  };
}

/** Imports go one way: schemas ← packages ← services ← deploy, bin, test; other packages by name, never by path. */
export function importDirection(file: SourceFile): Finding[] {
  const own = folderOf(file.path);
  if (own === undefined) return [];
  const { allows, sentence } = directionOf(own);
  return importsOf(file).flatMap((imported) => {
    const { folder, relative } = targetOf(file, imported);
    const at = { path: file.path, line: imported.line };
    if (relative && folder !== own)
      return [{ ...at, message: `'${imported.source}' leaves the package by path. Import it by its package's name.` }];
    if (folder === undefined || folder === own || allows(folder)) return [];
    return [{ ...at, message: `imports '${imported.source}', but ${sentence}.` }];
  });
}

/** Clients of neighbours: who may know them. The first entry that matches a module decides. */
const vendors: readonly { readonly module: RegExp; readonly files: RegExp; readonly instead: string }[] = [
  {
    module: /^@kafkajs\/confluent-schema-registry$/,
    files: /^packages\/stream\/confluent-schema-registry[^/]*$/,
    instead: 'packages/stream',
  },
  {
    module: /^(kafkajs|snappy|lz4-napi)(\/|$)/,
    files: /^packages\/stream\/kafkajs[^/]*$/,
    instead: 'the port packages/stream/stream.ts',
  },
  {
    module: /^ioredis(\/|$)/,
    files: /^packages\/subscriptions\/ioredis[^/]*$/,
    instead: 'the port packages/subscriptions/subscriptions.ts',
  },
  { module: /^@aws-sdk\/|^@smithy\//, files: /^packages\/lake\/aws-[^/]*$/, instead: 'the port packages/lake/lake.ts' },
  { module: /^parquet-wasm(\/|$)/, files: /^packages\/lake\/parquet-wasm[^/]*$/, instead: 'packages/lake' },
  { module: /^pino(\/|$)/, files: /^packages\/service\/pino\.ts$/, instead: 'the Log of packages/service' },
  {
    module: /^prom-client(\/|$)/,
    files: /^packages\/service\/prom-client\.ts$/,
    instead: 'the Metrics of packages/service',
  },
  {
    module: /^@opentelemetry\/api$/,
    files: /^packages\/service\/(spans|opentelemetry)\.ts$/,
    instead: 'inSpan of packages/service',
  },
  {
    module: /^@opentelemetry\//,
    files: /^packages\/service\/opentelemetry\.ts$/,
    instead: 'packages/service, which loads it only where something is traced',
  },
];

/** A neighbour's client is known only to the file that is named after it; operators' tools (deploy, bin, test) may use AWS and Redis. */
export function vendorFiles(file: SourceFile): Finding[] {
  if (/\.test\.ts$/.test(file.path)) return [];
  return importsOf(file).flatMap(({ source, line }) => {
    const vendor = vendors.find(({ module }) => module.test(source));
    if (vendor === undefined || vendor.files.test(file.path)) return [];
    if (/^(deploy|bin|test)\//.test(file.path) && !/kafkajs/.test(source)) return [];
    const message = `imports ${source}, which only files matching ${vendor.files.source} may know. Use ${vendor.instead}.`;
    return [{ path: file.path, line, message }];
  });
}
