/** A command that a page, or the help of a command, says to type. */
export interface DocumentedCommand {
  readonly path: string;
  readonly line: number;
  /** Whole where it stands in a block of its own; in a sentence, options that it needs may be left out. */
  readonly whole: boolean;
  /** As it is typed, without what the shell does with it. */
  readonly words: readonly string[];
}

const beginning =
  /(?<![\w/.-])(?:npx tributary|npm (?:start|test|run [\w-]+)|(?:[\w./-]*\/)?node (?=\S*\w\.[cm]?[tj]s\b|--\S))/g;
const fence = /^\s*(```|~~~)/;

/** The commands in the fenced blocks, inline code and comments of a page of Markdown. */
export function commandsOfPage(path: string, text: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = [];
  let isFenced = false;
  const prose: string[] = [];
  for (const [at, line] of joinedLines(text).entries()) {
    if (fence.test(line)) isFenced = !isFenced;
    else if (isFenced) found.push(...commandsIn(line).map((words) => ({ path, line: at + 1, whole: true, words })));
    prose.push(isFenced ? '' : line);
  }
  const rest = prose.join('\n');
  for (const [, inline, comment] of rest.matchAll(/`([^`]+)`|<!--(.*?)-->/gs)) {
    const code = (inline ?? comment ?? '').replaceAll('\n', ' ');
    const line = rest.slice(0, rest.indexOf(inline ?? comment ?? '')).split('\n').length;
    found.push(...commandsIn(code).map((words) => ({ path, line, whole: false, words })));
  }
  return found;
}

/** The commands in the help texts of a source file: those that stand at the beginning of a line of their own. */
export function commandsOfHelp(path: string, text: string): DocumentedCommand[] {
  return text.split('\n').flatMap((line, at) => {
    if (!/^ {2,}(?:[A-Z_]+=\S+ )?(?:npx |npm |\S*node )/.test(line)) return [];
    return commandsIn(line.replace(/[`,;]+$/, '')).map((words) => ({ path, line: at + 1, whole: false, words }));
  });
}

/** A line that ends in a backslash goes on in the next one; the numbers of lines stay. */
function joinedLines(text: string): string[] {
  const lines = text.split('\n');
  for (let at = lines.length - 2; at >= 0; at--)
    if (lines[at]!.endsWith('\\')) {
      lines[at] = `${lines[at]!.slice(0, -1)}${lines[at + 1]}`;
      lines[at + 1] = '';
    }
  return lines;
}

function commandsIn(code: string): string[][] {
  return [...code.matchAll(beginning)].map(({ index }) => wordsOf(code.slice(index)));
}

/** The words up to where the shell goes on by itself. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:"[^"]*"|'[^']*'|<\S[^>]*>|[^\s"'<]|<(?=\s))+/g)) {
    if (/^(?:[|&;()]|\d?>|<$|#)/.test(word)) break;
    const end = word.search(/[;)]$/);
    words.push((end < 0 ? word : word.slice(0, end)).replace(/^(["'])(.*)\1$/, '$2'));
    if (end >= 0) break;
  }
  return words;
}
