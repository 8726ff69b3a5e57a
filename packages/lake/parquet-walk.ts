import { parquetMetadata } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** One page as its header describes it. */
export interface WalkedPage {
  readonly rowGroup: number;
  /** Path of the column, dotted. */
  readonly column: string;
  readonly kind: 'data' | 'data-v2' | 'dictionary';
  readonly values: number;
  /** Levels included, the header not. */
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
}

/** One row group as the footer describes it. */
export interface WalkedRowGroup {
  readonly rows: number;
  /** Of all its column chunks. */
  readonly compressedBytes: number;
}

/** A Parquet file without its values. */
export interface WalkedObject {
  readonly createdBy: string | undefined;
  readonly rows: number;
  /** Codecs of all column chunks, each once. */
  readonly codecs: readonly string[];
  /** Of the pages of all column chunks, each once. */
  readonly encodings: readonly string[];
  readonly metadata: Readonly<Record<string, string | undefined>>;
  readonly rowGroups: readonly WalkedRowGroup[];
  readonly pages: readonly WalkedPage[];
}

/**
 * Reads a Parquet file's footer and the header of every page, without decoding values: what Security Lake's limits are
 * about. Throws where the pages of a column chunk don't fill it exactly.
 */
export function walkParquet(bytes: Uint8Array): WalkedObject {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const footer = parquetMetadata(file);
  const view = new DataView(file);
  const codecs = new Set<string>();
  const encodings = new Set<string>();
  const pages: WalkedPage[] = [];
  const rowGroups = footer.row_groups.map((group, rowGroup) => {
    let compressedBytes = 0;
    for (const { meta_data: chunk } of group.columns) {
      if (chunk === undefined) throw new Error('a column chunk without metadata');
      codecs.add(chunk.codec);
      for (const encoding of chunk.encodings) encodings.add(encoding);
      compressedBytes += Number(chunk.total_compressed_size);
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const end = start + Number(chunk.total_compressed_size);
      const at = { rowGroup, column: chunk.path_in_schema.join('.') };
      pages.push(...pagesBetween(view, start, end).map((page) => ({ ...at, ...page })));
    }
    return { rows: Number(group.num_rows), compressedBytes };
  });
  return {
    createdBy: footer.created_by,
    rows: Number(footer.num_rows),
    codecs: [...codecs],
    encodings: [...encodings],
    metadata: Object.fromEntries((footer.key_value_metadata ?? []).map(({ key, value }) => [key, value])),
    rowGroups,
    pages,
  };
}

const kinds = { 0: 'data', 2: 'dictionary', 3: 'data-v2' } as const;

/** Source: parquet.thrift, PageHeader: 1 type, 2 and 3 sizes, 5 data page, 7 dictionary page, 8 data page V2. */
function pagesBetween(view: DataView<ArrayBuffer>, start: number, end: number) {
  const pages: Omit<WalkedPage, 'rowGroup' | 'column'>[] = [];
  const reader = { view, offset: start };
  while (reader.offset < end) {
    const header = deserializeTCompactProtocol(reader);
    const kind = kinds[header.field_1 as keyof typeof kinds];
    if (kind === undefined) throw new Error(`a page of kind ${header.field_1}`);
    const compressedBytes = Number(header.field_3);
    const own = (header.field_5 ?? header.field_7 ?? header.field_8) as { field_1: number };
    pages.push({ kind, values: own.field_1, uncompressedBytes: Number(header.field_2), compressedBytes });
    reader.offset += compressedBytes;
  }
  if (reader.offset !== end) throw new Error('pages pass the end of their column chunk');
  return pages;
}
