import { describe, expect, it } from '@jest/globals';
import { isLeftOut } from './left-out.ts';

const inPackage = (rest: string, name = 'some') => `node_modules/.pnpm/${name}@1.0.0/node_modules/${name}/${rest}`;

describe('a bundle', () => {
  it.each([
    'services/consumer/main.ts',
    'schemas/ocsf/1.1.0/file_activity.json',
    'packages/ocsf/samples.fixture.ts',
    'services/consumer/node_modules',
    'node_modules/.pnpm/node_modules/some',
    inPackage('LICENSE'),
    inPackage('lib/test/index.js'),
    inPackage('lib/docs/page.html'),
    inPackage('build/Release/some.node'),
    inPackage('node/parquet_wasm_bg.wasm', 'parquet-wasm'),
  ])('keeps_what_runs_or_must_go_along: %s', (path) => expect(isLeftOut(path)).toBe(false));

  it.each([
    'pnpm-lock.yaml',
    'turbo.json',
    'services/consumer/pipeline.test.ts',
    'packages/stream/stream.contract.ts',
    'services/consumer/rig.fixture.ts',
    'services/consumer/tsconfig.json',
    'node_modules/.modules.yaml',
    'node_modules/.bin',
    'services/consumer/node_modules/.bin',
    'node_modules/.pnpm/@types+node@24.19.2',
    inPackage('README.md'),
    inPackage('index.d.ts'),
    inPackage('index.js.map'),
    inPackage('test'),
    inPackage('docs'),
    inPackage('.travis.yml'),
    inPackage('bundler', 'parquet-wasm'),
  ])('leaves_out_what_never_runs: %s', (path) => expect(isLeftOut(path)).toBe(true));
});
