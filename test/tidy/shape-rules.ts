import { type Finding, isTest, nodesOf, type RepositoryFile, type SourceFile, type SyntaxNode } from './source-file.ts';

const emptyNames = /^(utils?|commons?|shared|helpers?|types?|constants?|misc|lib)$/;

/** A name says what is in it; `src` would only be a way to it. */
export function namesThatSaySomething({ path }: RepositoryFile): Finding[] {
  if (!/\.([cm]?[tj]s|py)$/.test(path)) return [];
  const parts = path.split('/');
  const stem = parts.pop()!.split('.')[0]!;
  const empty = [...parts, stem].find((part) => emptyNames.test(part));
  if (empty !== undefined)
    return [{ path, message: `is named "${empty}", which says nothing. Name it after what it holds or does.` }];
  if (parts.includes('src')) return [{ path, message: 'lies in a src folder. Put it at the root of its package.' }];
  return [];
}

/** Lines that a file may have: half as many again as the largest that reads well. */
export const fileLinesMax = 300;
/** Lines that a function may have. */
export const functionLinesMax = 70;

/** Files that are one table, where a cut would only scatter it. */
const tables = /^schemas\/(kafka\/activity-fields\.ts|ocsf\/[0-9.]+\/)/;

/** A file of more than 300 lines holds more than one thought. */
export function filesOfReadableLength({ path, text }: RepositoryFile): Finding[] {
  if (isTest(path) || tables.test(path) || !/\.([cm]?[tj]s|py)$/.test(path)) return [];
  const lines = text.trimEnd().split('\n').length;
  if (lines <= fileLinesMax) return [];
  return [{ path, message: `has ${lines} lines, more than ${fileLinesMax}. Split it by what its parts are about.` }];
}

const functionTypes =
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ClassMethod|PrivateMethod|Constructor)$/;

/** A function of more than 70 lines does more than one thing. The callbacks of tests are lists, and may be longer. */
export function functionsOfReadableLength(file: SourceFile): Finding[] {
  if (isTest(file.path)) return [];
  return [...nodesOf(file)].flatMap((node) => {
    if (!functionTypes.test(node.type)) return [];
    const lines = file.lineOf(node.end) - file.lineOf(node.start) + 1;
    if (lines <= functionLinesMax) return [];
    const message = `a function of ${lines} lines, more than ${functionLinesMax}. Give its parts names of their own.`;
    return [{ path: file.path, line: file.lineOf(node.start), message }];
  });
}

const documented: Readonly<Record<string, string>> = {
  FunctionDeclaration: 'function',
  ClassDeclaration: 'class',
  TsInterfaceDeclaration: 'interface',
  VariableDeclaration: 'const',
};

/** Every exported function, class, interface and const says what it promises. Tests and fixtures speak for themselves. */
export function exportsDocumented(file: SourceFile): Finding[] {
  if (/\.(test|fixture)\.ts$/.test(file.path)) return [];
  return file.body.flatMap((node) => {
    if (node.type !== 'ExportDeclaration') return [];
    const declaration = node.declaration as SyntaxNode;
    const kind = documented[declaration.type];
    if (kind === undefined || /\/\*\*(?:(?!\*\/)[\s\S])*\*\/$/.test(file.before(node.start).trimEnd())) return [];
    const message = `the exported ${kind} ${nameOf(declaration)} has no doc comment. Say in a sentence or two what it promises, in which units, and which faults it has.`;
    return [{ path: file.path, line: file.lineOf(node.start), message }];
  });
}

function nameOf(declaration: SyntaxNode): string {
  const [first] = (declaration.declarations ?? []) as { id: SyntaxNode }[];
  const id = (declaration.identifier ?? declaration.id ?? first?.id) as SyntaxNode | undefined;
  return String(id?.value ?? '');
}
