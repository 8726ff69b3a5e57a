import type { ReplayPlan } from '@tributary/schemas/kafka/operations.ts';
import { textTable } from '../text-table.ts';
import type { Counted, PlanningProgress } from './planning.ts';
import { isFinished, type StoredPlan, type Wanted } from './plans.ts';

const number = (value: number): string => value.toLocaleString('en');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const time = (ms: number): string => new Date(ms).toISOString();

/** How far counting is, in one line. */
export function planningText({ records, read, rows }: PlanningProgress): string {
  const share = records === 0 ? 100 : Math.min(100, Math.floor((100 * read) / records));
  return `counting: ${share} % of ${number(records)} records of the class read, ${number(rows)} events of the registration`;
}

/** How far delivery is, in one line. */
export function deliveredText(
  { ranges }: ReplayPlan,
  { range, rows, objects }: { readonly range: number; readonly rows: number; readonly objects: number },
): string {
  return `range ${range + 1} of ${ranges.length}: ${number(rows)} events in ${number(objects)} objects are in the lake`;
}

/** What was counted, and what a person should know about it. */
export function countedText({ registration, from, to }: Wanted, counted: Counted): string {
  const { cutter, copies, rejected, undecodable, cutOff } = counted;
  const lines = [
    `${number(cutter.rows)} events (${megabytes(cutter.bytes)}) of ${registration} arrived from ${time(from)} to ${time(to)}: ` +
      `${number(cutter.objects)} objects in ${number(cutter.ranges.length)} ranges.`,
  ];
  if (copies > 0) lines.push(`${number(copies)} more are requeued copies of these: each event is sent once.`);
  if (rejected > 0) lines.push(`${number(rejected)} more can’t be mapped; they are in \`rejected\`.`);
  if (undecodable > 0) lines.push(`${number(undecodable)} batches can’t be decoded; whose they are isn’t known.`);
  if (cutOff.length > 0)
    lines.push(`Partitions ${cutOff.join(', ')} keep nothing older: what arrived there before may be gone.`);
  return lines.join('\n');
}

/** Why a replay isn't started: another plan sends, or sent, a part of the same events. */
export function refusalText(stored: StoredPlan): string {
  const { plan, deliveredAt } = stored;
  const what = `Plan ${plan.id} has events of the same time (${time(plan.from)} to ${time(plan.to)})`;
  const how = isFinished(stored)
    ? `and was finished at ${time(deliveredAt ?? plan.at)}. To have them in the lake once more, say --again.`
    : `and isn’t finished. Go on with it: npx tributary replay resume ${plan.id}. For a second copy say --again.`;
  return `${what} ${how}`;
}

/** What to do after a replay stopped before its end. */
export function unfinishedText({ id }: ReplayPlan): string {
  return `Plan ${id} isn’t finished. What is delivered stays, and nothing comes twice: npx tributary replay resume ${id}`;
}

/** The plans as a table, oldest first. */
export function plansTable(plans: readonly StoredPlan[]): string {
  const head = ['plan', 'registration', 'arrived from', 'to', 'events', 'ranges', 'state', 'planned', 'by'];
  const rows = plans.map((stored) => {
    const { plan, delivered, deliveredAt } = stored;
    const state = isFinished(stored)
      ? `finished ${time(deliveredAt ?? plan.at)}`
      : `${number(delivered.size)} ranges delivered`;
    return [
      plan.id,
      plan.registration,
      ...[time(plan.from), time(plan.to), number(plan.rows), number(plan.ranges.length)],
      ...[state, time(plan.at), plan.operator],
    ];
  });
  return textTable([head, ...rows]);
}
