/** A column of a table in a page: its head, what a row shows there, and what that must look like. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (of: T) => string | number;
  /** Of the whole cell. A page that says anything else was not made by the code, or isn't as promised. */
  readonly shape: RegExp;
}

const lineOf = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const cellsOf = (line: string) => line.slice(2, -2).split(' | ');

/** The table of these, in Markdown. */
export function tableOf<T>(columns: readonly Column<T>[], all: readonly T[]): string {
  const head = lineOf(columns.map((column) => column.head));
  const rule = `|${'---|'.repeat(columns.length)}`;
  return [head, rule, ...all.map((one) => lineOf(columns.map(({ cell }) => cell(one))))].join('\n');
}

const between = (name: string) => new RegExp(`(<!-- ${name}: [^>]+ -->\\n\\n)([^]*?)(\\n\\n<!-- end of ${name} -->)`);

/** The table of that name in a page: what stands between its two comments. Throws where they are missing. */
export function tableIn(page: string, name: string): string {
  const found = between(name).exec(page)?.[2];
  if (found === undefined) throw new Error(`The page has no "<!-- ${name}: … -->" with an "<!-- end of ${name} -->"`);
  return found;
}

/** The page with another table of that name. */
export function withTable(page: string, name: string, table: string): string {
  tableIn(page, name);
  return page.replace(between(name), (_, before: string, __, after: string) => `${before}${table}${after}`);
}

/** What of a table isn't as the code makes it, a sentence each; `rows` says by its first cells which rows there must be. */
export function brokenTable<T>(columns: readonly Column<T>[], table: string, rows: readonly string[]): string[] {
  const [head, rule, ...lines] = table.split('\n');
  const empty = tableOf(columns, []).split('\n');
  if (head !== empty[0] || rule !== empty[1]) return [`its head is ${head}`];
  const firsts = lines.filter((line, at) => !line.startsWith(`| ${rows[at]} |`));
  if (lines.length !== rows.length || firsts.length > 0)
    return [`it has ${lines.length} rows of ${rows.length}, not in their order: ${firsts[0] ?? ''}`];
  return lines.flatMap((line) => {
    const cells = cellsOf(line);
    if (cells.length !== columns.length) return [`${cells.length} cells: ${line}`];
    return columns
      .filter(({ shape }, at) => !new RegExp(`^(?:${shape.source})$`).test(cells[at]!))
      .map((column) => `"${column.head}" of ${line}`);
  });
}
