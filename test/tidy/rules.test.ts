import { describe, expect, it } from '@jest/globals';
import type { TopicContract } from '@tributary/schemas/kafka/topics.ts';
import {
  faultSentences,
  namesDeclared,
  namesUsed,
  stepsAreThePipeline,
  topicsUsed,
  topicUsersNamed,
} from './contract-rules.ts';
import { importDirection, vendorFiles } from './import-rules.ts';
import { dependenciesPinned, noMachinePaths, noRegistryHosts } from './place-rules.ts';
import { clockAndRandomHandedIn, environmentOnlyInMain } from './purity-rules.ts';
import {
  exportsDocumented,
  filesOfReadableLength,
  functionsOfReadableLength,
  namesThatSaySomething,
} from './shape-rules.ts';
import { type Finding, parse, type RepositoryFile, type SourceFile } from './source-file.ts';

const ofSource = (rule: (file: SourceFile) => Finding[]) => (file: RepositoryFile) => rule(parse(file));
const rules = {
  importDirection: ofSource(importDirection),
  vendorFiles: ofSource(vendorFiles),
  environmentOnlyInMain: ofSource(environmentOnlyInMain),
  clockAndRandomHandedIn: ofSource(clockAndRandomHandedIn),
  functionsOfReadableLength: ofSource(functionsOfReadableLength),
  exportsDocumented: ofSource(exportsDocumented),
  namesThatSaySomething,
  filesOfReadableLength,
  dependenciesPinned,
  noMachinePaths,
  noRegistryHosts,
};

const manyLines = (count: number) => Array.from({ length: count }, (_, index) => `  f(${index});`).join('\n');

/** Rule, path, text that breaks it, part of the message. */
const bad: readonly (readonly [keyof typeof rules, string, string, string])[] = [
  ['importDirection', 'schemas/a.ts', "import { x } from '@tributary/stream';", 'schemas imports nothing of ours'],
  ['importDirection', 'packages/lake/a.ts', "import { x } from '@tributary/service';", 'a package imports only'],
  [
    'importDirection',
    'packages/lake/a.ts',
    "import type { x } from '../stream/stream.ts';",
    'leaves the package by path',
  ],
  [
    'importDirection',
    'services/flusher/a.ts',
    "export * from '@tributary/consumer/intake.ts';",
    'let services talk through a topic',
  ],
  [
    'importDirection',
    'services/flusher/a.ts',
    "const a = await import('@tributary/local/stack.ts');",
    'a service imports only',
  ],
  ['importDirection', 'deploy/local/a.ts', "import { x } from '@tributary/test';", 'nothing but tests imports test/'],
  ['vendorFiles', 'services/consumer/intake.ts', "import { Kafka } from 'kafkajs';", 'packages/stream/stream.ts'],
  ['vendorFiles', 'deploy/local/topics.ts', "import { Kafka } from 'kafkajs';", 'packages/stream/stream.ts'],
  ['vendorFiles', 'packages/lake/retry.ts', "import { S3Client } from '@aws-sdk/client-s3';", 'packages/lake/lake.ts'],
  ['environmentOnlyInMain', 'services/flusher/window.ts', 'const a = process.env.WINDOW;', 'hand the value in'],
  ['clockAndRandomHandedIn', 'services/flusher/window.ts', 'const a = Date.now();', 'uses Date.now'],
  ['clockAndRandomHandedIn', 'services/flusher/window.ts', 'f({ clock: Date.now });', 'uses Date.now'],
  ['clockAndRandomHandedIn', 'services/flusher/window.ts', 'const a = new Date();', 'new Date() without a time'],
  ['clockAndRandomHandedIn', 'packages/lake/retry.ts', 'const a = Math.random();', 'uses Math.random'],
  ['clockAndRandomHandedIn', 'packages/lake/retry.ts', 'const a = randomUUID();', 'uses randomUUID()'],
  ['namesThatSaySomething', 'packages/lake/utils.ts', '', 'is named "utils"'],
  ['namesThatSaySomething', 'packages/lake/helpers/retry.ts', '', 'is named "helpers"'],
  ['namesThatSaySomething', 'packages/lake/types.test.ts', '', 'is named "types"'],
  ['namesThatSaySomething', 'packages/lake/src/retry.ts', '', 'lies in a src folder'],
  ['filesOfReadableLength', 'packages/lake/retry.ts', manyLines(301), 'has 301 lines'],
  [
    'functionsOfReadableLength',
    'packages/lake/a.ts',
    `const é = 1;\nfunction a() {\n${manyLines(70)}\n}`,
    'a function of 72 lines',
  ],
  [
    'functionsOfReadableLength',
    'packages/lake/a.ts',
    `class A {\n  #a() {\n${manyLines(70)}\n}\n}`,
    'a function of 72 lines',
  ],
  [
    'functionsOfReadableLength',
    'packages/lake/a.ts',
    `const a = async () => {\n${manyLines(70)}\n}`,
    'a function of 72 lines',
  ],
  ['exportsDocumented', 'packages/lake/a.ts', 'export function retry() {}', 'the exported function retry'],
  [
    'exportsDocumented',
    'packages/lake/a.ts',
    '/** Of the file. */\nconst a = 1;\nexport const b = 2;',
    'the exported const b',
  ],
  ['exportsDocumented', 'packages/lake/a.ts', '// why\nexport interface Lake {}', 'the exported interface Lake'],
  ['exportsDocumented', 'packages/lake/a.ts', '/* no doc */\nexport class Lake {}', 'the exported class Lake'],
  ['dependenciesPinned', 'package.json', '{"dependencies":{"a":"^1.2.3"}}', 'a is "^1.2.3"'],
  ['dependenciesPinned', 'bin/package.json', '{"devDependencies":{"a":"latest"}}', 'a is "latest"'],
  ['noMachinePaths', 'deploy/local/a.ts', "const a = '/work/main';", 'names /work'],
  ['noMachinePaths', 'docs/a.md', 'run it in /root', 'names /root'],
  ['noMachinePaths', 'deploy/docker/Dockerfile', 'COPY /home/me/a /a', 'names /home/me'],
  ['noRegistryHosts', 'pnpm-lock.yaml', 'resolution: {tarball: https://host/a.tgz}', 'names tarball'],
  ['noRegistryHosts', 'deploy/local/a.ts', "get('https://repo1.maven.org/maven2')", 'repo1.maven.org'],
];

/** Rule, path, text that keeps it although it comes close. */
const good: readonly (readonly [keyof typeof rules, string, string])[] = [
  ['importDirection', 'services/flusher/a.ts', "import { x } from '@tributary/lake';\nimport { y } from './b.ts';"],
  ['importDirection', 'packages/lake/a.ts', "import { x } from '@tributary/schemas/faults.ts';\nimport z from 'zod';"],
  ['importDirection', 'test/e2e/a.test.ts', "import { x } from '@tributary/flusher/window.ts';"],
  ['vendorFiles', 'packages/stream/kafkajs-admin.ts', "import { Kafka } from 'kafkajs';"],
  ['vendorFiles', 'deploy/local/moto.ts', "import { IAMClient } from '@aws-sdk/client-iam';"],
  ['environmentOnlyInMain', 'services/flusher/main.ts', 'run(process.env);'],
  ['environmentOnlyInMain', 'services/flusher/window.ts', "// process.env\nconst a = 'process.env';"],
  ['clockAndRandomHandedIn', 'services/flusher/main.ts', 'run({ now: Date.now });'],
  [
    'clockAndRandomHandedIn',
    'services/flusher/window.ts',
    'const a = new Date(time);\n/** Date.now() */\nconst b = f.now();',
  ],
  ['namesThatSaySomething', 'packages/stream/stream-types-of-offsets.ts', ''],
  ['filesOfReadableLength', 'packages/lake/retry.test.ts', manyLines(400)],
  ['functionsOfReadableLength', 'packages/lake/a.ts', `function a() {\n${manyLines(68)}\n}`],
  [
    'exportsDocumented',
    'packages/lake/a.ts',
    '#!/usr/bin/env node\n/**\n * Tries again; é.\n */\nexport async function retry() {}',
  ],
  ['exportsDocumented', 'packages/lake/a.ts', "export type A = string;\nexport { b } from './b.ts';"],
  ['dependenciesPinned', 'package.json', '{"dependencies":{"a":"1.2.3-beta.1","@tributary/lake":"workspace:*"}}'],
  ['noMachinePaths', 'deploy/local/a.ts', "const c = './tmp/d'; const e = 'a/root/b'; // 1/tmp"],
  ['noRegistryHosts', 'docs/a.md', 'Sign in at https://www.npmjs.com'],
];

describe('a rule of test/tidy', () => {
  it.each(bad)('%s_refuses_%s: %s', (rule, path, text, part) => {
    const findings = rules[rule]({ path, text });
    expect(findings.map(({ message }) => message).join('\n')).toContain(part);
  });

  it.each(good)('%s_allows_%s: %s', (rule, path, text) => {
    expect(rules[rule]({ path, text })).toEqual([]);
  });

  it('tells_the_line_also_behind_letters_of_several_bytes_and_after_other_files', () => {
    const text = "// é€\nconst é = '€';\nexport const a = 1;\n";
    for (const path of ['schemas/a.ts', 'schemas/b.ts'])
      expect(exportsDocumented(parse({ path, text }))).toEqual([expect.objectContaining({ path, line: 3 })]);
  });

  it('finds_the_step_without_a_file_and_the_file_without_a_step', () => {
    const pipeline = parse({ path: 'services/a/pipeline.ts', text: "import { b } from './steps/b.ts';" });
    const stray = parse({ path: 'services/a/steps/c.ts', text: '' });
    const messages = stepsAreThePipeline([pipeline, stray]).map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringContaining('steps/b.ts, which does not exist'),
      expect.stringContaining('does not run the step services/a/steps/c.ts'),
    ]);
    const empty = parse({ path: 'services/a/pipeline.ts', text: 'export const steps = [];' });
    expect(stepsAreThePipeline([empty])).toHaveLength(1);
  });

  it('finds_the_topic_that_nobody_writes_and_the_service_that_does_not_use_it', () => {
    const topic = {
      name: 'receipts',
      writers: [],
      readers: ['registration', 'operator'],
      watchers: [],
    } as unknown as TopicContract;
    const messages = topicsUsed([topic], []).map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringContaining('has no writer'),
      expect.stringContaining('services/registration has no receiptsTopic'),
    ]);
    const user = parse({ path: 'services/registration/a.ts', text: 'read(receiptsTopic);' });
    expect(topicsUsed([{ ...topic, writers: ['operator'] }], [user])).toEqual([]);
    expect(topicsUsed([{ ...topic, name: 'other' }], [])).toHaveLength(1);
  });

  it('finds_who_uses_a_topic_without_being_named', () => {
    const topic = { name: 'receipts', writers: ['flusher'], readers: [], watchers: [] } as unknown as TopicContract;
    const text = "import { agentTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';";
    const findings = (path: string) => topicUsersNamed([topic], [parse({ path, text })]);
    expect(findings('services/flusher/a.ts')).toEqual([]);
    expect(findings('services/consumer/a.ts')).toHaveLength(1);
    expect(findings('bin/a.ts')).toHaveLength(1);
    expect(findings('bin/a.test.ts')).toEqual([]);
  });

  it('finds_the_fault_without_a_whole_sentence_and_the_name_that_no_code_uses', () => {
    expect(faultSentences({ a: { sentence: 'Something went wrong. Try again' } })).toHaveLength(1);
    expect(faultSentences({ a: { sentence: 'S3 asks to slow down. Tried again with pauses.' } })).toEqual([]);
    const file = { path: 'services/a/b.ts', text: "reject('used')" };
    expect(namesUsed('fault', ['used', 'unused'], 'schemas/faults.ts', [file])).toEqual([
      expect.objectContaining({ message: expect.stringContaining('the fault unused') }),
    ]);
    expect(namesUsed('fault', ['used'], 'x', [{ ...file, path: 'services/a/b.test.ts' }])).toHaveLength(1);
  });

  it('finds_the_metric_that_is_written_without_a_contract', () => {
    const file = {
      path: 'services/a/b.ts',
      text: "metrics.count('tributary_a_b_total'); count('tributary_a_c_total')",
    };
    expect(namesDeclared(['tributary_a_b_total'], 'schemas/metrics.ts', [file])).toEqual([
      expect.objectContaining({ message: expect.stringContaining('tributary_a_c_total') }),
    ]);
  });
});
