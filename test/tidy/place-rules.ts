import type { Finding, RepositoryFile } from './source-file.ts';

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Every dependency is one version: what is tested is what runs. */
export function dependenciesPinned({ path, text }: RepositoryFile): Finding[] {
  if (!/(^|\/)package\.json$/.test(path)) return [];
  const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, version]) => !exact.test(version) && version !== 'workspace:*')
      .map(([name, version]) => ({
        path,
        message: `${name} is "${version}". Pin it to one version, such as "1.2.3"; packages of ours are "workspace:*".`,
      })),
  );
}

/** Paths that exist on one machine only; `/tmp` is fine where a test makes a folder of its own there. */
const machinePath = /(?<![\w./@%{}$*-])\/(work|root|tmp|home\/[a-z]+|Users\/[a-z]+)(?=[/'"`\s]|$)/;
const placeText = /\.([cm]?[tj]s|py|sh|ya?ml|json|toml|xml|md)$|(^|\/)Dockerfile/;

/** Made-up endpoints, whose files lie where files lie. */
const endpointData = ['deploy/local/feed/vocabulary.ts'];

/** No path that only one machine has. */
export function noMachinePaths({ path, text }: RepositoryFile): Finding[] {
  if (path.startsWith('test/') || /\.(test|fixture)\.ts$/.test(path) || !placeText.test(path)) return [];
  if (endpointData.includes(path)) return [];
  return lines(text, machinePath).map(({ line, found }) => ({
    path,
    line,
    message: `names ${found.trim()}, a path of one machine. Derive it from import.meta.dirname, a setting, or os.tmpdir().`,
  }));
}

const registryHost =
  /registry\.npmjs\.org|registry\.yarnpkg\.com|repo1?\.maven\.(org|apache\.org)|files\.pythonhosted\.org|pypi\.org\/simple|proxy\.golang\.org|(deb|security)\.debian\.org|_authToken|tarball: https?:/;

/** No host of a registry: a machine's own configuration says where packages come from. */
export function noRegistryHosts({ path, text }: RepositoryFile): Finding[] {
  if (path.startsWith('test/tidy/')) return [];
  return lines(text, registryHost).map(({ line, found }) => ({
    path,
    line,
    message: `names ${found}. Leave where packages come from to the machine’s npm, Maven, pip or apt configuration.`,
  }));
}

function lines(text: string, pattern: RegExp): { line: number; found: string }[] {
  return text.split('\n').flatMap((content, index) => {
    const match = pattern.exec(content);
    return match ? [{ line: index + 1, found: match[0] }] : [];
  });
}
