export { type ColumnNode, columnTree } from './column-tree.ts';
export { type OcsfColumns, ocsfColumns } from './columns.ts';
export {
  decodeHandoff,
  encodeHandoff,
  type HandoffBatch,
  type HandoffRow,
  type HandoffRows,
} from './handoff.ts';
export { mappingTables } from './mapping/tables.ts';
export { eventTimeMin, normalise, type OcsfRow } from './normalise.ts';
export { stringBytesMax, truncatedKey, unmappedBytesMax } from './unmapped.ts';
