#!/usr/bin/env node
// Plain JavaScript without dependencies, because it runs under the system's Node and before anything is installed: it
// installs what the repository pins when needed, then hands over to bin/cli.ts under the pinned Node.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname, which the oldest Node that gets here doesn't know.
const root = fileURLToPath(new URL('..', import.meta.url));
const oldestNode = 20;
const installs = new Set(['start', 'test', 'check', 'bench']);
const pinnedNode = join(root, 'node_modules/node/bin/node');
const lockfile = join(root, 'pnpm-lock.yaml');
// pnpm keeps here a copy of the lockfile that it installed; unlike a file's time it survives a checkout.
const installedLockfile = join(root, 'node_modules/.pnpm/lock.yaml');

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const isInstalled = () => existsSync(installedLockfile) && existsSync(pinnedNode);
const isOutdated = () => !readFileSync(installedLockfile).equals(readFileSync(lockfile));

// Ctrl-C reaches the whole foreground group by itself; a signal sent to us alone is handed on. Either way we stay until
// the child has ended, and end as it did.
function run(file, args, options) {
  return new Promise((done) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const handOn = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, handOn);
    child.on('error', () => done({ code: 127 }));
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, handOn);
      done({ code, signal });
    });
  });
}

async function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.stderr.write(`Installing what this repository needs (${packageManager}) …\n`);
  const { code, signal } = await run('npx', ['-y', packageManager, 'install', '--frozen-lockfile'], { cwd: root });
  if (signal) process.kill(process.pid, signal);
  if (code === 127) fail('npm is missing: install it together with Node (https://nodejs.org).');
  if (code !== 0 || !isInstalled())
    fail('The packages could not be installed (see above): is the npm registry reachable? Then try again.');
}

const command = process.argv[2] ?? '';
const [major] = process.versions.node.split('.').map(Number);
if (major < oldestNode) fail(`Node ${oldestNode} or newer is needed; this is ${process.version}.`);
if (!isInstalled() || (installs.has(command) && isOutdated())) {
  if (!installs.has(command)) fail('Nothing is installed yet. Run: npm start');
  await install();
}
const { code, signal } = await run(pinnedNode, [join(root, 'bin/cli.ts'), ...process.argv.slice(2)]);
if (signal) process.kill(process.pid, signal);
process.exitCode = code ?? 1;
