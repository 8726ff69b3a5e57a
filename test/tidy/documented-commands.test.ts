import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createProgram } from '@tributary/cli/program.ts';
import type { Command, CommanderError } from 'commander';
import { program as fault } from '../fault/harness/main.ts';
import { program as bench } from '../load/main.ts';
import { commandsOfHelp, commandsOfPage, type DocumentedCommand } from './documented-commands.ts';
import { trackedFiles } from './tracked-files.ts';

const root = resolve(import.meta.dirname, '../..');
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
/** What a reader fills in. */
const placeholder = /…|^<.*>$|^\$|\$\{?[A-Z]|^[A-Z]{2,}(?:\W|$)/;
/** What is missing in a sentence may be meant to be missing. */
const leftOut = /^commander\.(missingArgument|missingMandatoryOptionValue|optionMissingArgument|help)$/;

const tributary = quiet(await createProgram());
/** Those that know their own options, in a process of their own. */
const apart: Readonly<Record<string, Command>> = { bench: quiet(bench), fault: quiet(fault) };

/** The program, which then says nothing, ends nothing and does nothing but parse. */
function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut() {}, writeErr() {} });
  if (command.commands.length === 0 || command === bench || command === fault) command.action(() => {});
  for (const one of command.commands) quiet(one);
  return command;
}

/** As `quiet`, and takes any value: where there is a placeholder for one. */
function lenient(command: Command): Command {
  for (const one of [...command.options, ...command.registeredArguments]) {
    one.parseArg = (value: string) => value as never;
    one.argChoices = undefined as never;
  }
  for (const one of command.commands) lenient(one);
  return command;
}

const forPlaceholders = lenient(quiet(await createProgram()));

/** Why the words can't be typed after the program's name; undefined when they can. */
function refusal(words: readonly string[], whole: boolean): string | undefined {
  const [name = '', ...rest] = words;
  const isFilledIn = words.some((word) => placeholder.test(word));
  const program = apart[name] ?? (isFilledIn ? forPlaceholders : tributary);
  try {
    program.parse(apart[name] === undefined ? [...words] : rest, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, exitCode, message } = error as CommanderError;
    if (exitCode === 0 || (!whole && leftOut.test(code))) return undefined;
    // Programs apart have one form only: a placeholder is no value of theirs.
    return isFilledIn && apart[name] !== undefined && code === 'commander.invalidArgument' ? undefined : message;
  }
}

/** What is wrong with a command; undefined when it can be typed in the repository's root, with any Node from 20 on. */
function wrong({ words, whole }: Pick<DocumentedCommand, 'words' | 'whole'>): string | undefined {
  const [first, second, ...rest] = words;
  if (first === 'npx') return refusal(rest, whole);
  if (first !== 'npm') return wrongNode(words);
  const isRun = second === 'run';
  const [script = '', separator, ...args] = isRun ? rest : [second ?? '', ...rest];
  const runs = scripts[script];
  if (runs === undefined) return `package.json has no script ${script}`;
  if (separator !== undefined && separator !== '--') return `npm takes ${separator} for itself: put -- before it`;
  const [, command] = /^node bin\/tributary\.js (\S+)$/.exec(runs) ?? [];
  return command === undefined ? wrongOptions(runs, args) : refusal([command, ...args], whole);
}

function wrongNode([node, ...rest]: readonly string[]): string | undefined {
  const file = rest.find((word) => !word.startsWith('-')) ?? '';
  if (!existsSync(join(root, file))) return `there is no ${file}`;
  if (file.endsWith('.ts') && node !== 'node_modules/.bin/node')
    return 'Node 20 reads no TypeScript: make it an npm script, or say node_modules/.bin/node';
  return file.endsWith('.ts') ? wrongOptions(rest.join(' '), rest.slice(rest.indexOf(file) + 1)) : undefined;
}

/** The options of a script that reads them by itself stand in its help. */
function wrongOptions(runs: string, args: readonly string[]): string | undefined {
  const [file] = /\S+\.ts/.exec(runs) ?? [];
  if (file === undefined) return undefined;
  const help = readFileSync(join(root, file), 'utf8');
  const unknown = args.find(
    (word) => word.startsWith('--') && word !== '--help' && !help.includes(`  ${word} `) && !help.includes(`[${word} `),
  );
  return unknown === undefined ? undefined : `${file} has no option ${unknown}`;
}

const files = trackedFiles();
const pages = files.filter(({ path }) => /^(README|CONTRIBUTING)\.md$|^(docs|deploy|test)\/.*\.md$/.test(path));
const helps = files.filter(({ path }) => /^(bin|test|deploy)\/.*\.ts$/.test(path) && !/\.test\.ts$/.test(path));
const commands = [
  ...pages.flatMap(({ path, text }) => commandsOfPage(path, text)),
  ...helps.flatMap(({ path, text }) => commandsOfHelp(path, text)),
];

describe('a command that is documented', () => {
  it('can be typed as it stands, in the root of the repository', () => {
    const found = commands.flatMap((command) => {
      const why = wrong(command);
      return why === undefined ? [] : [`${command.path}:${command.line} ${command.words.join(' ')}: ${why}`];
    });
    expect(found).toEqual([]);
    expect(commands.length).toBeGreaterThan(120);
  });

  it.each([
    ['npx tributary nothing', 'unknown command'],
    ['npx tributary parked list --nothing', 'unknown option'],
    ['npx tributary keys create', 'required option'],
    ['npx tributary keys list --account … --nothing', 'unknown option'],
    ['npx tributary rejected list --fault nothing', 'invalid'],
    ['npm run nothing', 'no script nothing'],
    ['npm run bench --rows 5', 'put -- before it'],
    ['npm run bench -- --nothing', 'unknown option'],
    ['npm run fault -- grid --nothing', 'unknown option'],
    ['npm run fault -- --only nothing', 'invalid'],
    ['npm run flood -- --nothing', 'no option --nothing'],
    ['npm test -- --nothing', 'unknown option'],
    ['node test/load/main.ts', 'Node 20 reads no TypeScript'],
    ['node_modules/.bin/node test/load/nothing.ts', 'there is no test/load/nothing.ts'],
    ['npx tributary parked list | head # to see', undefined],
    ['node bin/tributary.js --help', undefined],
  ])('is found in a block and refused when it is wrong: %s', (typed, why) => {
    const [command] = commandsOfPage('page.md', `\`\`\`\n${typed}\n\`\`\`\n`);
    if (why === undefined) expect(wrong(command!)).toBeUndefined();
    else expect(wrong(command!)).toContain(why);
  });

  it('may lack in a sentence what it needs, but not have what there is not', () => {
    const [create, nothing] = commandsOfPage(
      'page.md',
      'Say `npx tributary keys create`, or `npx tributary keys\nnothing`.',
    );
    expect([wrong(create!), create!.line]).toEqual([undefined, 1]);
    expect(wrong(nothing!)).toContain('unknown command');
  });
});
