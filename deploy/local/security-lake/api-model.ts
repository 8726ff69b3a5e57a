import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly union?: boolean;
  readonly error?: { readonly httpStatusCode: number };
}

interface Operation {
  readonly http: { readonly method: string; readonly requestUri: string };
  readonly input: { readonly shape: string };
  readonly output?: { readonly shape: string };
}

/** AWS's description of its API, as botocore brings it: operations and the shapes of what goes in and out. */
export interface ApiModel {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** The model of Security Lake in the Python environment that moto's installation made in the folder `tools`. */
export function readSecurityLakeModel(tools: string): ApiModel {
  const pattern = 'moto-*/lib/python3*/site-packages/botocore/data/securitylake/2018-05-10/service-2.json.gz';
  const [file] = globSync(pattern, { cwd: tools });
  if (file === undefined)
    throw new Error(`botocore has no model of Security Lake in ${tools}: bring the stack up once.`);
  return JSON.parse(gunzipSync(readFileSync(join(tools, file))).toString()) as ApiModel;
}

/** The operation that a request means, and the parts of its path that the model names. */
export function operationOf(model: ApiModel, method: string, path: string) {
  for (const [name, { http }] of Object.entries(model.operations)) {
    if (http.method !== method) continue;
    const pattern = http.requestUri.replace(/\?.*/, '').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (match === null) continue;
    const inPath = Object.entries(match.groups ?? {}).map(([part, text]) => [part, decodeURIComponent(text)]);
    return { name, inPath: Object.fromEntries(inPath) as Record<string, string> };
  }
  return undefined;
}

/** Everything in which `value` isn't what the shape says, a sentence each; `at` names the place. */
export function violations(model: ApiModel, shapeName: string, value: unknown, at = 'The request'): string[] {
  const shape = model.shapes[shapeName]!;
  if (shape.type === 'structure') return structureViolations(model, shape, value, at);
  if (shape.type === 'list') {
    if (!Array.isArray(value)) return [`${at} must be a list.`];
    return value.flatMap((item, index) => violations(model, shape.member!.shape, item, `${at}[${index}]`));
  }
  if (shape.type === 'string') return textViolations(shape, value, at);
  if (shape.type === 'integer') {
    const isFine = Number.isInteger(value) && within(shape, value as number);
    return isFine ? [] : [`${at} must be a whole number of ${shape.min ?? '…'} to ${shape.max ?? '…'}.`];
  }
  return [];
}

function structureViolations(model: ApiModel, shape: Shape, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} must be an object.`];
  const given = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  const names = given.map(([name]) => name);
  return [
    ...(shape.required ?? []).filter((name) => !names.includes(name)).map((name) => `${at} must have ${name}.`),
    ...(shape.union && given.length !== 1 ? [`${at} must have exactly one member.`] : []),
    ...given.flatMap(([name, member]) => {
      const known = shape.members?.[name];
      return known === undefined ? [`${at} has no member ${name}.`] : violations(model, known.shape, member, name);
    }),
  ];
}

function textViolations(shape: Shape, value: unknown, at: string): string[] {
  if (typeof value !== 'string') return [`${at} must be a text.`];
  return [
    ...(shape.enum?.includes(value) === false ? [`${at} must be one of ${shape.enum.join(', ')}.`] : []),
    ...(within(shape, value.length) ? [] : [`${at} must have ${shape.min ?? 0} to ${shape.max} characters.`]),
    ...(shape.pattern === undefined || new RegExp(shape.pattern).test(value)
      ? []
      : [`${at} must match ${shape.pattern}.`]),
  ];
}

const within = ({ min, max }: Shape, size: number) =>
  size >= (min ?? Number.NEGATIVE_INFINITY) && size <= (max ?? Infinity);
