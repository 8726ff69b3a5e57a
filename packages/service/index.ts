export { keyOf, logLevelOf, neighbourSettings } from './neighbour-settings.ts';
export { type Operations, serveOperations } from './operations.ts';
export { createLog, type Log, silentLog } from './pino.ts';
export { type RunningService, runService } from './process.ts';
export { createMetrics, type Metrics } from './prom-client.ts';
export { integerSetting, readSettings, SettingsError } from './settings.ts';
export { type OnStep, runSteps, type Step, type StepEvent } from './steps.ts';
