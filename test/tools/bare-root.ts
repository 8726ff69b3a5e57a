import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@tributary/local/part.ts';

/** The user of our images, who owns nothing. */
const nobody = '65532:65532';

/**
 * A root file system of nothing but Node, the libraries that it is linked with, one folder as /app, /proc and three devices.
 * All of it is read-only, the process is the first of its namespace, as in a container, and isn't root. The mounts are
 * gone with it. `$1` is the mount point, `$2` the folder, `$3` Node, `$4` the libraries; the rest is run.
 */
const script = `
root=$1; app=$2; node=$3; libraries=$4; shift 4
mount -t tmpfs -o mode=755 bare "$root"
mkdir -p "$root/app" "$root/proc" "$root/dev" "$root/bin"
for library in $libraries; do mkdir -p "$root\${library%/*}"; cp -L "$library" "$root$library"; done
touch "$root/bin/node"; mount --bind "$node" "$root/bin/node"; mount -o remount,bind,ro "$root/bin/node"
mount --bind "$app" "$root/app"; mount -o remount,bind,ro "$root/app"
for device in null zero urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -t proc proc "$root/proc"
mount -o remount,ro "$root"
exec chroot --userspec=${nobody} --groups= "$root" "$@"
`;

const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];

/** Whether this machine lets us make a bare root: Linux, root, and the right to mount. */
export function canMakeBareRoot(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', [...unshare, 'sh', '-c', 'mount -t tmpfs bare /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function librariesOf(files: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const file of files)
    for (const [, path] of execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g))
      found.add(path!);
  return found;
}

/** Makes `node <args>` run with `folder` as its /app and nothing else beside Node; its environment is `env` and no more. */
export function bareRoot(folder: string, scratch: string) {
  const root = join(scratch, 'root');
  mkdirSync(root, { recursive: true });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const natives = files.filter(({ name }) => name.endsWith('.node'));
  const libraries = librariesOf([process.execPath, ...natives.map((file) => join(file.parentPath, file.name))]);
  return (args: readonly string[], env: Readonly<Record<string, string>> = {}): Command => {
    const given = ['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    const inside = [root, folder, process.execPath, [...libraries].join(' '), '/bin/node', ...args];
    return { file: 'unshare', args: [...unshare, ...given, '/bin/sh', '-euc', script, 'bare', ...inside] };
  };
}
