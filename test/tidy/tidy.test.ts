import { describe, expect, it } from '@jest/globals';
import { faults } from '@tributary/schemas/faults.ts';
import { topics } from '@tributary/schemas/kafka/topics.ts';
import { metrics } from '@tributary/schemas/metrics.ts';
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
import { type Finding, isSource, parse } from './source-file.ts';
import { trackedFiles } from './tracked-files.ts';

const files = trackedFiles();
const sources = files.filter(({ path }) => isSource(path)).map(parse);

/** One line a finding, as an editor can jump to. */
function shown(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`);
}

describe('every source file', () => {
  it.each([
    ['imports_in_one_direction', importDirection],
    ['knows_a_vendor_only_in_the_file_named_after_it', vendorFiles],
    ['reads_the_environment_only_where_a_process_starts', environmentOnlyInMain],
    ['has_clock_and_randomness_handed_in', clockAndRandomHandedIn],
    ['has_functions_of_readable_length', functionsOfReadableLength],
    ['documents_what_it_exports', exportsDocumented],
  ])('%s', (_, rule) => {
    expect(shown(sources.flatMap(rule))).toEqual([]);
  });
});

describe('every file', () => {
  it.each([
    ['has_a_name_that_says_something', namesThatSaySomething],
    ['is_of_readable_length', filesOfReadableLength],
    ['pins_its_dependencies', dependenciesPinned],
    ['names_no_path_of_one_machine', noMachinePaths],
    ['names_no_registry', noRegistryHosts],
  ])('%s', (_, rule) => {
    expect(shown(files.flatMap(rule))).toEqual([]);
  });
});

describe('every contract', () => {
  it('has_a_file_for_each_step_of_a_pipeline_and_runs_each', () => {
    expect(sources.filter(({ path }) => path.endsWith('/pipeline.ts')).length).toBeGreaterThan(0);
    expect(shown(stepsAreThePipeline(sources))).toEqual([]);
  });
  it('has_a_writer_and_a_reader_for_each_topic', () => {
    expect(shown(topicsUsed(topics, sources))).toEqual([]);
  });
  it('names_in_its_contract_who_uses_a_topic', () => {
    expect(shown(topicUsersNamed(topics, sources))).toEqual([]);
  });
  it('has_a_sentence_for_each_fault', () => {
    expect(shown(faultSentences())).toEqual([]);
  });
  it('has_a_use_for_each_fault', () => {
    expect(shown(namesUsed('fault', Object.keys(faults), 'schemas/faults.ts', files))).toEqual([]);
  });
  it('has_a_use_for_each_metric', () => {
    expect(shown(namesUsed('metric', Object.keys(metrics), 'schemas/metrics.ts', files))).toEqual([]);
  });
  it('has_every_metric_that_is_written', () => {
    expect(shown(namesDeclared(Object.keys(metrics), 'schemas/metrics.ts', files))).toEqual([]);
  });
});
