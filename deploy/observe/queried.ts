/** The metrics and recorded series that a query reads, each once, as the query names them. */
export function namesIn(query: string): string[] {
  const names = query.replaceAll(/"[^"]*"/g, '').match(/\b(tributary[a-z0-9_:]+|nodejs_\w+|process_\w+|up\b)/g) ?? [];
  return [...new Set(names)];
}

/** The name under which a page declares a metric: that of its histogram for `_bucket`, `_count` and `_sum`. */
export function familyOf(name: string): string {
  return name.replace(/_(bucket|count|sum)$/, '');
}
