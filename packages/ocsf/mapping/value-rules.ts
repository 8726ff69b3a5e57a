import { numberRules, timeRules } from './number-rules.ts';
import { addressRules, identityRules, listRules, textRules } from './text-rules.ts';
import type { ValueRule } from './value-rule.ts';

/** The one table of what becomes of values that are wrong, or look so. */
export const valueRules: readonly ValueRule[] = [
  ...identityRules,
  ...timeRules,
  ...numberRules,
  ...textRules,
  ...listRules,
  ...addressRules,
];
