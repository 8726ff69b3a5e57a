/** Rows of cells, in columns as wide as their widest cell. The first row is the head. */
export function textTable([head, ...rows]: readonly (readonly string[])[]): string {
  const all = [head!, ...rows];
  const widths = head!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [line(head!), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
