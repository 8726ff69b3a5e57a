export { type OcsfColumns, ocsfColumns } from './columns.ts';
export {
  decodeHandoff,
  encodeHandoff,
  type HandoffBatch,
  type HandoffRow,
  type HandoffRows,
} from './handoff.ts';
export { mappingTables } from './mapping/tables.ts';
export { normalise, type OcsfRow } from './normalise.ts';
