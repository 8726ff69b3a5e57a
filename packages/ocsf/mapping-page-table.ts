/** A table of Markdown; `|` and line ends in cells are written so that they don't end the cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\r?\n/g, ' ');
}

/** Text as code; long text is cut. */
export function code(text: string, lengthMax = 72): string {
  const short = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  // A backtick in code needs two around it.
  return short.includes('`') ? `\`\` ${short} \`\`` : `\`${short}\``;
}
