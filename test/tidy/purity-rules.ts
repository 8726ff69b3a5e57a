import {
  type Finding,
  isEntryPoint,
  isTest,
  memberName,
  nodesOf,
  type SourceFile,
  type SyntaxNode,
} from './source-file.ts';

/** Environment is read where a process starts, checked there, and handed on as values. */
export function environmentOnlyInMain(file: SourceFile): Finding[] {
  if (isTest(file.path) || isEntryPoint(file.path)) return [];
  return [...nodesOf(file)]
    .filter((node) => memberName(node) === 'process.env')
    .map((node) => ({
      path: file.path,
      line: file.lineOf(node.start),
      message: 'reads process.env. Add a setting in the service’s settings, read it in main.ts, and hand the value in.',
    }));
}

const impure: ReadonlyMap<string, string> = new Map([
  ['Date.now', 'Take `now` or a clock as an argument; main.ts hands in Date.now.'],
  ['performance.now', 'Take a clock as an argument; main.ts hands it in.'],
  ['process.hrtime', 'Take a clock as an argument; main.ts hands it in.'],
  ['Math.random', 'Take the random value or a generator as an argument; main.ts hands it in.'],
  ['crypto.randomUUID', 'Take the id or a generator as an argument; main.ts hands it in.'],
]);
const impureNames = new Set(['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues']);

/** Files that talk to a neighbour by its vendor's client, and may therefore ask for the time of day themselves. */
const vendorFile =
  /\/(kafkajs|ioredis|aws-|parquet-wasm|confluent-schema-registry|pino|prom-client|p-retry|p-limit|piscina|fastify|node-)[^/]*\.ts$/;

/** Files that use the clock for a reason of their own, each with the reason. */
const clockAllowed: ReadonlyMap<string, string> = new Map([
  ['packages/stream/memory.ts', 'the default clock of a broker in memory, which tests replace'],
  ['packages/subscriptions/memory.ts', 'the default clock of a store in memory, which tests replace'],
]);

/** Clock and randomness are handed in, so that a test owns them. */
export function clockAndRandomHandedIn(file: SourceFile): Finding[] {
  if (isTest(file.path) || isEntryPoint(file.path) || vendorFile.test(file.path) || clockAllowed.has(file.path))
    return [];
  return [...nodesOf(file)].flatMap((node) => {
    const what = impurityOf(node);
    return what === undefined ? [] : [{ path: file.path, line: file.lineOf(node.start), message: what }];
  });
}

function impurityOf(node: SyntaxNode): string | undefined {
  const member = memberName(node);
  const instead = member === undefined ? undefined : impure.get(member);
  if (instead !== undefined) return `uses ${member}. ${instead}`;
  if (node.type === 'NewExpression' && isNamed(node.callee, 'Date') && (node.arguments as unknown[]).length === 0)
    return 'uses new Date() without a time. Take `now` as an argument; main.ts hands it in.';
  if (node.type !== 'CallExpression' || (node.callee as SyntaxNode).type !== 'Identifier') return undefined;
  const name = String((node.callee as SyntaxNode).value);
  return impureNames.has(name)
    ? `uses ${name}(). Take the random value as an argument; main.ts hands it in.`
    : undefined;
}

function isNamed(node: unknown, name: string): boolean {
  return (node as SyntaxNode).type === 'Identifier' && (node as SyntaxNode).value === name;
}
