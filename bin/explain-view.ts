import type { Explanation, FieldStory } from '@tributary/ocsf/explanation.ts';
import { rowAsJson } from '@tributary/ocsf/explanation.ts';
import { printable } from './printable.ts';

/** A terminal that is narrower shows event and record one under the other. */
export const sideBySideColumnsMin = 120;

/** What is shown of one event. */
export interface View {
  /** Says which event it is, such as `2 of 5`. */
  readonly title: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly explanation: Explanation;
  /** Width of the terminal, in columns. */
  readonly width: number;
}

/** One event beside the OCSF record that it becomes, and where each field went; or why it is rejected, and what to do. */
export function viewText({ title, raw, explanation, width }: View): string {
  const event = ['EVENT', ...linesOf(raw, '')];
  if (explanation.outcome === 'reject') {
    const { fault, reason, advice } = explanation;
    return [rule(title, width), ...event, '', `REJECTED  ${fault}: ${printable(reason)}`, advice].join('\n');
  }
  const record = ['OCSF RECORD', ...linesOf(rowAsJson(explanation.row.values), '')];
  const both = width >= sideBySideColumnsMin ? beside(event, record, width) : [...event, '', ...record];
  return [rule(title, width), ...both, '', 'WHERE EACH FIELD WENT', ...explanation.fields.map(storyText)].join('\n');
}

function rule(title: string, width: number): string {
  return `── ${title} ${'─'.repeat(Math.max(3, width - title.length - 4))}`;
}

/** Two columns of text, each in its half; what is too long for its half is cut. */
function beside(left: readonly string[], right: readonly string[], width: number): string[] {
  const half = Math.floor((width - 3) / 2);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, line) =>
    `${cut(left[line] ?? '', half).padEnd(half)} │ ${cut(right[line] ?? '', half)}`.trimEnd(),
  );
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** Longest value shown; the record itself has it whole (`--json`). */
const valueLengthMax = 400;

/** An object as indented lines, one for each value that is no object, and one for each item of a list. */
function linesOf(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = `${indent}${printable(key)}`;
    const isNested = typeof inner === 'object' && inner !== null && !isPlainList(inner) && indent.length < 40;
    if (!isNested || Object.keys(inner).length === 0) return [`${name}: ${shown(inner)}`];
    if (!Array.isArray(inner)) return [name, ...linesOf(inner, `${indent}  `)];
    return [name, ...inner.map((item) => `${indent}  - ${shown(item)}`)];
  });
}

function isPlainList(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object');
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : asJson(value);
  return printable(cut(text, valueLengthMax));
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
  } catch {
    return '(nested too deeply to show)';
  }
}

function storyText({ name, columns, lookedAtBy, unmapped }: FieldStory): string {
  const ways = [
    ...(columns.length > 0 ? [columns.join(', ')] : []),
    ...(unmapped === undefined ? [] : [`unmapped (${unmapped})`]),
    ...(lookedAtBy.length > 0 ? [`looked at by ${lookedAtBy.join(', ')}`] : []),
  ];
  return `${printable(cut(name, 80))} → ${ways.length === 0 ? 'nowhere: it is empty' : ways.join('; ')}`;
}
