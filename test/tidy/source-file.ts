import { parseSync } from '@swc/core';

/** A file of the repository: its path from the root, with forward slashes, and its text. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** What a rule found: where, what is wrong there, and what to do instead. */
export interface Finding {
  readonly path: string;
  /** 1-based. */
  readonly line?: number;
  readonly message: string;
}

/** A node of the syntax tree; positions are offsets in the text's UTF-8 bytes. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A parsed TypeScript or JavaScript file. */
export interface SourceFile extends RepositoryFile {
  readonly body: readonly SyntaxNode[];
  readonly lineOf: (offset: number) => number;
  /** The text before `offset`. */
  readonly before: (offset: number) => string;
}

/** True for a file that `parse` understands. */
export function isSource(path: string): boolean {
  return /\.[cm]?[tj]s$/.test(path);
}

/** True for files that hold tests or serve only them: they may be longer, and reach for the clock. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.(test|contract|fixture|bench)\.[cm]?[tj]s$/.test(path);
}

/** True for code that starts a process, where environment, clock and randomness are taken and handed on. */
export function isEntryPoint(path: string): boolean {
  return /(^|\/)main\.ts$/.test(path) || /^(bin|deploy)\//.test(path);
}

/** Parses `file`. Throws when it is no valid TypeScript. */
export function parse(file: RepositoryFile): SourceFile {
  // swc counts positions on from file to file, in bytes, and starts a module at its first statement: a semicolon in
  // front gives the position of the file's own start.
  const text = file.text.replace(/^#!/, '//');
  const module = parseSync(`;${text}`, { syntax: 'typescript', target: 'es2024' });
  const [first, ...body] = module.body;
  const base = first!.span.start + 1;
  const bytes = Buffer.from(text);
  return {
    ...file,
    body: body.map((node) => positioned(node, base) as SyntaxNode),
    lineOf: (offset) => bytes.subarray(0, offset).toString().split('\n').length,
    before: (offset) => bytes.subarray(0, offset).toString(),
  };
}

function positioned(value: unknown, base: number): unknown {
  if (Array.isArray(value)) return value.map((item) => positioned(item, base));
  if (typeof value !== 'object' || value === null) return value;
  const { span, ...rest } = value as { span?: { start: number; end: number } } & Record<string, unknown>;
  const made: Record<string, unknown> = span ? { start: span.start - base, end: span.end - base } : {};
  for (const [key, item] of Object.entries(rest)) made[key] = positioned(item, base);
  return made;
}

/** Every node of `file`, parents first. */
export function* nodesOf(file: SourceFile): Generator<SyntaxNode> {
  yield* walk(file.body);
}

function* walk(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item);
  } else if (typeof value === 'object' && value !== null) {
    if ('type' in value && typeof value.type === 'string' && 'start' in value) yield value as SyntaxNode;
    for (const item of Object.values(value)) yield* walk(item);
  }
}

/** `a.b` of a member expression on plain names, such as `Date.now`; undefined for any other node. */
export function memberName(node: SyntaxNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const { object, property } = node as unknown as { object: SyntaxNode; property: SyntaxNode };
  if (object.type !== 'Identifier' || property.type !== 'Identifier') return undefined;
  return `${String(object.value)}.${String(property.value)}`;
}

/** What a file imports or re-exports, also by `import('…')` of a literal. */
export interface Import {
  readonly source: string;
  readonly line: number;
  /** Types are gone when the code runs. */
  readonly typeOnly: boolean;
}

/** The imports of `file`, in order. */
export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = [];
  for (const node of nodesOf(file)) {
    const source = sourceOf(node);
    if (source === undefined) continue;
    imports.push({ source, line: file.lineOf(node.start), typeOnly: node.typeOnly === true });
  }
  return imports;
}

function sourceOf(node: SyntaxNode): string | undefined {
  if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type))
    return (node.source as { value: string } | null | undefined)?.value;
  if (node.type !== 'CallExpression' || (node.callee as SyntaxNode).type !== 'Import') return undefined;
  const [argument] = node.arguments as { expression: SyntaxNode }[];
  return argument?.expression.type === 'StringLiteral' ? String(argument.expression.value) : undefined;
}
