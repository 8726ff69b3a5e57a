import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { execa } from 'execa';

/**
 * The release before this one: the last commit whose consumers wrote rows that share nothing. A tag takes its place when
 * a release has one, and moves on with each.
 */
export const previousRelease = 'd1a914eddab1ee4f4b88e783a439a95ea77b385b';

/** True when this clone has the commit: a shallow one hasn't. */
export async function hasPreviousRelease(): Promise<boolean> {
  const args = ['cat-file', '-e', `${previousRelease}^{commit}`];
  return (await execa('git', args, { cwd: repositoryRoot, reject: false })).exitCode === 0;
}

/** Writes the sources of the previous release into `directory`. */
export async function checkOutPreviousRelease(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const archive = join(directory, '.archive.tar');
  await execa('git', ['archive', '--output', archive, previousRelease], { cwd: repositoryRoot });
  await execa('tar', ['--extract', '--file', archive, '--directory', directory]);
}
