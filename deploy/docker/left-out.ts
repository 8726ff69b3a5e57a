/** Rules of what a bundle leaves out of a pruned, installed tree. Paths are from its root, with slashes. */

/** What turbo and pnpm need to install, and nothing that runs does. The root has a package.json of its own in the end. */
const rootFiles = /^[^/]+$/;
const ownTests = /\.(test|contract)\.ts$|(^|\/)(tsconfig\.json|\.turbo|README\.md)$/;
const ownFixtures = /\.fixture\.ts$/;
/** A fixture by name, but an operator's command shows its events. */
const fixturesThatRun = new Set(['packages/ocsf/samples.fixture.ts']);

/** Written by pnpm with the time and the place of the installation: they'd make each bundle another. */
const notesOfPnpm = /(^|\/)\.bin$|^node_modules\/(\.modules\.yaml|\.pnpm-workspace-state[^/]*|\.pnpm\/lock\.yaml)$/;
/** Types alone. */
const typePackages = /^node_modules\/\.pnpm\/(@types\+|undici-types@)[^/]*$/;
/** Node strips no types below node_modules, so no TypeScript there can run. */
const neverLoaded = /\.(map|[cm]?ts|tsbuildinfo|flow|markdown|md)$|(^|\/)(tsconfig[^/]*\.json|\.[^/]+)$/i;
/** A package's name and what lies in it. */
const inPackage = /^node_modules\/\.pnpm\/[^/]+\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/;
const foldersForPeople = /^(tests?|__tests__|docs?|examples?|benchmarks?|bench|coverage|\.github|\.vscode|man)$/;
/** Builds of a package for browsers and bundlers, which Node never looks at. */
const buildsForOthers: Readonly<Record<string, RegExp>> = {
  'parquet-wasm': /^(bundler|esm|web)$/,
};

/** True when a file or folder doesn't go into a bundle. */
export function isLeftOut(path: string): boolean {
  if (!/(^|\/)node_modules(\/|$)/.test(path))
    return (
      (rootFiles.test(path) && path.includes('.')) ||
      ownTests.test(path) ||
      (ownFixtures.test(path) && !fixturesThatRun.has(path))
    );
  if (notesOfPnpm.test(path) || typePackages.test(path)) return true;
  const [, name, rest] = inPackage.exec(path) ?? [];
  if (name === undefined || rest === undefined) return false;
  return neverLoaded.test(rest) || foldersForPeople.test(rest) || (buildsForOthers[name]?.test(rest) ?? false);
}
