import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const chunk = Buffer.alloc(1_048_576);
const fillerName = 'filler';

/** A small disk of memory in the place of a directory, so that it can be full. */
export class Disk {
  readonly #mount: string;

  private constructor(mount: string) {
    this.#mount = mount;
  }

  /** Puts a disk of so many MiB where `directory` is to be; undefined where that can't be done (only root can). */
  static at(directory: string, mebibytes: number): Disk | undefined {
    const mount = mkdtempSync(join(tmpdir(), 'tributary-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      rmSync(mount, { recursive: true, force: true });
      return undefined;
    }
    mkdirSync(dirname(directory), { recursive: true });
    symlinkSync(mount, directory);
    return new Disk(mount);
  }

  /** Takes all that is left of it. */
  fill(): void {
    const file = openSync(join(this.#mount, fillerName), 'w');
    try {
      for (let size = chunk.length; size >= 1; ) {
        try {
          writeSync(file, chunk, 0, size);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          size = Math.floor(size / 16);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.#mount, fillerName), { force: true });
  }

  /** Takes the disk away, with all that is on it; whoever used it has ended. */
  remove(): void {
    execFileSync('umount', [this.#mount], { stdio: 'ignore' });
    rmSync(this.#mount, { recursive: true, force: true });
  }
}
