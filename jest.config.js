// Kinds of test, each a jest project:
//   unit         x.test.ts beside x.ts, test/tidy, and the pieces of the fault harness: no process, milliseconds
//   integration  test/integration: the contract suites against the real neighbour, and pieces joined on the real stack
//   e2e          test/e2e and test/fault: the services as processes, against the real stack
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  testPathIgnorePatterns: ['/node_modules/', '/.local/'],
  modulePathIgnorePatterns: ['/.local/', '<rootDir>/out/'],
};
const root = import.meta.dirname;
const stackSetup = {
  globalSetup: `${root}/test/tools/stack-setup.ts`,
  globalTeardown: `${root}/test/tools/stack-teardown.ts`,
};

const unitOnly = [...common.testPathIgnorePatterns, '/test/(integration|e2e)/', '/test/fault/[^/]+$'];

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      rootDir: root,
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: unitOnly,
    },
    {
      ...common,
      ...stackSetup,
      displayName: 'integration',
      rootDir: root,
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
    },
    {
      ...common,
      ...stackSetup,
      displayName: 'e2e',
      rootDir: root,
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts', '<rootDir>/test/fault/*.test.ts'],
    },
  ],
};
