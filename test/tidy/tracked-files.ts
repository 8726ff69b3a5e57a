import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RepositoryFile } from './source-file.ts';

const root = resolve(import.meta.dirname, '../..');
const textFile = /\.([cm]?[tj]s|py|sh|ya?ml|json|toml|xml|md)$|(^|\/)(Dockerfile[^/]*|\.[a-z]+(rc|ignore))$/;

/** The text files that belong to the repository: those that git tracks, or all of them where it is no clone. */
export function trackedFiles(): RepositoryFile[] {
  return paths()
    .filter((path) => textFile.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function paths(): string[] {
  try {
    return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', stdio: 'pipe' })
      .split('\0')
      .filter(Boolean);
  } catch {
    const exclude = (path: string) => /(^|\/)(node_modules|\.git|\.local|\.turbo|out)$/.test(path);
    return globSync('**/*', { cwd: root, exclude }).map((path) => path.replaceAll('\\', '/'));
  }
}
