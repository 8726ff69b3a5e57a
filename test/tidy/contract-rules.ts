import { posix } from 'node:path';
import { faults } from '@tributary/schemas/faults.ts';
import type { TopicContract } from '@tributary/schemas/kafka/topics.ts';
import { type Finding, importsOf, isTest, type RepositoryFile, type SourceFile } from './source-file.ts';

/** Every file in steps/ is a step of its service's pipeline, and every step of a pipeline has its file there. */
export function stepsAreThePipeline(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path }) => path.endsWith('/pipeline.ts'))
    .flatMap((pipeline) => {
      const folder = posix.dirname(pipeline.path);
      const imported = importsOf(pipeline).filter(({ source }) => source.startsWith('./steps/'));
      const named = new Set(imported.map(({ source }) => posix.join(folder, source)));
      const present = files
        .map(({ path }) => path)
        .filter((path) => path.startsWith(`${folder}/steps/`) && !isTest(path));
      const missing = [...named].filter((path) => !present.includes(path));
      const unused = present.filter((path) => !named.has(path));
      const silent = imported.length === 0 ? ['no step from ./steps/'] : [];
      return [
        ...silent.map((what) => `imports ${what}. A pipeline is a list of steps, one file each.`),
        ...missing.map((path) => `names the step ${path}, which does not exist. Write it, or take it out of the list.`),
        ...unused.map((path) => `does not run the step ${path}. Add it to the list, or move the file out of steps/.`),
      ].map((message) => ({ path: pipeline.path, message }));
    });
}

/** Who may write and read topics: our services, and people and programs outside them. */
const outside = ['agents', 'operator'];

const topicNames: readonly (readonly [pattern: RegExp, identifier: string])[] = [
  [/^agent\./, 'agentTopic|eventClassOfTopic'],
  [/^ocsf\./, 'handoffTopic|eventClassOfTopic'],
  [/^rejected$/, 'rejectedTopic'],
  [/^registrations$/, 'registrationsTopic'],
  [/^receipts$/, 'receiptsTopic'],
  [/^audit$/, 'auditTopic'],
  [/^operations$/, 'operationsTopic'],
];

/** Each topic has a writer and a reader, and each service that its contract names uses it (by itself or through a package it imports). */
export function topicsUsed(topics: readonly TopicContract[], files: readonly SourceFile[]): Finding[] {
  const path = 'schemas/kafka/topics.ts';
  return topics.flatMap(({ name, writers, readers, watchers }) => {
    const identifier = topicNames.find(([pattern]) => pattern.test(name))?.[1];
    if (identifier === undefined)
      return [{ path, message: `${name} is in no table of test/tidy. Add its constant there.` }];
    const idle = [
      ...(writers.length === 0 ? [`${name} has no writer. Name who writes it, or take the topic out.`] : []),
      ...(readers.length === 0 ? [`${name} has no reader. Name who reads it, or take the topic out.`] : []),
    ];
    const services = [...new Set([...writers, ...readers, ...watchers])].filter((who) => !outside.includes(who));
    const strangers = services
      .filter((service) => !serviceUses(service, identifier, files))
      .map(
        (service) =>
          `says that ${service} uses ${name}, but services/${service} has no ${identifier.replace('|', ' or ')}. Use it there, or correct the contract.`,
      );
    return [...idle, ...strangers].map((message) => ({ path, message }));
  });
}

/** Whoever uses a topic’s constant is in its contract: from that follows who may do what (schemas/kafka/acls.ts). */
export function topicUsersNamed(topics: readonly TopicContract[], files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const who = /^services\/([^/]+)\//.exec(file.path)?.[1] ?? (file.path.startsWith('bin/') ? 'operator' : undefined);
    if (who === undefined || isTest(file.path)) return [];
    const imported =
      /import (?:type )?\{([^}]*)\} from '@tributary\/schemas\/kafka\/topics\.ts'/.exec(file.text)?.[1] ?? '';
    const used = topicNames.filter(([, identifiers]) => imported.match(/\w+/g)?.includes(identifiers.split('|')[0]!));
    return topics
      .filter(({ name }) => used.some(([pattern]) => pattern.test(name)))
      .filter(({ writers, readers, watchers }) => ![...writers, ...readers, ...watchers].includes(who))
      .map(({ name }) => ({
        path: file.path,
        message: `uses ${name}, whose contract does not name ${who}. Name it there, or it may not.`,
      }));
  });
}

function serviceUses(service: string, identifier: string, files: readonly SourceFile[]): boolean {
  const own = files.filter(({ path }) => path.startsWith(`services/${service}/`) && !isTest(path));
  const packages = own
    .flatMap(importsOf)
    .map(({ source }) => /^@tributary\/([^/]+)/.exec(source)?.[1])
    .filter((name) => name !== undefined && name !== 'schemas');
  const reachable = files.filter(
    ({ path }) => packages.some((name) => path.startsWith(`packages/${name}/`)) && !isTest(path),
  );
  const word = new RegExp(`\\b(${identifier})\\b`);
  return [...own, ...reachable].some(({ text }) => word.test(text));
}

/** Each fault tells a person what happened and what to do, in whole sentences. */
export function faultSentences(table: Readonly<Record<string, { readonly sentence: string }>> = faults): Finding[] {
  const path = 'schemas/faults.ts';
  return Object.entries(table).flatMap(([code, { sentence }]) =>
    /^\S+( \S+){3,}\.$/.test(sentence)
      ? []
      : [
          {
            path,
            message: `${code}: "${sentence}" is no whole sentence. Say what happened and what to do, and end with a full stop.`,
          },
        ],
  );
}

/** Each of `names` is written, in quotes, in some code outside the file of its contract. */
export function namesUsed(
  what: string,
  names: readonly string[],
  contract: string,
  files: readonly RepositoryFile[],
): Finding[] {
  const code = files.filter(({ path }) => /^(packages|services)\//.test(path) && !isTest(path));
  return names
    .filter((name) => !code.some(({ text }) => text.includes(`'${name}'`) || text.includes(`${name}:`)))
    .map((name) => ({
      path: contract,
      message: `no code uses the ${what} ${name}. Use it where it happens, or take it out.`,
    }));
}

/** Each name in quotes that starts like ours is one of `names`: nobody writes a metric that no contract knows. */
export function namesDeclared(names: readonly string[], contract: string, files: readonly RepositoryFile[]): Finding[] {
  const code = files.filter(({ path }) => /^(packages|services)\//.test(path) && !isTest(path));
  return code.flatMap(({ path, text }) =>
    [...text.matchAll(/'(tributary_[a-z0-9_]+)'/g)]
      .map(([, name]) => name!)
      .filter((name) => !names.includes(name))
      .map((name) => ({ path, message: `writes ${name}, which ${contract} does not have. Add it there.` })),
  );
}
