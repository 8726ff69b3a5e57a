import { decodeHandoff } from '@tributary/ocsf';
import type { HandoffRows } from './collector.ts';
