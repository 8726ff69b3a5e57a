import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { ensureGo } from '@tributary/local/go-tools.ts';
import { ensurePython, ensureTool, StackError } from '@tributary/local/tools.ts';
import { execaSync } from 'execa';

const tools = join(repositoryRoot, '.local/tools');
const silent = () => {};

/** The releases against which the manifests are held: the oldest that we run on, and the newest whose schemas we have. */
export const kubernetesReleases = ['1.30.0', '1.37.0'] as const;
const schemasPackage = 'kubernetes-validate==1.37.0\n';

/** A tool, or the sentence that says why it can't be had here. */
export type Found = { readonly path: string } | { readonly missing: string };

async function found(install: () => Promise<string>): Promise<Found> {
  try {
    return { path: await install() };
  } catch (error) {
    if (error instanceof StackError) return { missing: error.message };
    throw error;
  }
}

const goProgram = (name: string, module: string) => async () =>
  join(await ensureGo(tools, { name, module }, silent), name);

/** kubeconform, built with Go. */
export const kubeconform = () => found(goProgram('kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0'));
/** kube-score, built with Go. */
export const kubeScore = () => found(goProgram('kube-score', 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0'));

/** The command that builds an overlay: kustomize, or where Go is missing the one inside kubectl. */
export async function kustomize(): Promise<readonly string[] | undefined> {
  const built = await found(goProgram('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1'));
  if ('path' in built) return [built.path, 'build'];
  const kubectl = execaSync('kubectl', ['version', '--client'], { stdio: 'ignore', reject: false });
  return kubectl.failed ? undefined : ['kubectl', 'kustomize'];
}

/**
 * A folder `v<release>-strict/<kind>-<group>-<version>.json` for each of our releases. The Python package that ships
 * them names them by addresses that only a server of them would have.
 */
export const kubernetesSchemas = () =>
  found(() =>
    ensureTool(
      tools,
      {
        name: 'kubernetes-schemas',
        recipe: `${schemasPackage}${kubernetesReleases.join()}`,
        async install(into) {
          const environment = await ensurePython(tools, 'kubernetes-validate', schemasPackage, silent);
          const [python] = await readdir(join(environment, 'lib'));
          const all = join(environment, 'lib', python!, 'site-packages/kubernetes_validate/kubernetes-json-schema');
          for (const release of kubernetesReleases)
            await copySchemas(join(all, `v${release}-local-strict`), join(into, `v${release}-strict`));
        },
      },
      silent,
    ),
  );

async function copySchemas(from: string, to: string) {
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  for (const file of await readdir(to)) {
    const { $id: _, ...schema } = JSON.parse(await readFile(join(to, file), 'utf8'));
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json', '"_definitions.json');
    await writeFile(join(to, file), text);
  }
}

/** The schemas of the custom kinds, which lie beside the repository; undefined where they don't. */
export function customSchemas(): string | undefined {
  const folder = join(repositoryRoot, '../shared/data/crd-schemas');
  return existsSync(folder) ? folder : undefined;
}
