/** What the error says. It may quote the event: for `rejected`, never for the log. */
export function failureOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
