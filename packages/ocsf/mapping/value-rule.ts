import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';

/**
 * What becomes of a value that its field or column doesn't take as it is. `repaired`: only one reading makes sense, and the
 * column has it. `kept`: no column takes it; it is in `unmapped` as text. `taken`: it looks wrong and isn't; the column has
 * it unchanged. `absent`: it says nothing. `rejected`: there is no row; the event goes to the topic `rejected`.
 */
export type ValueFate = 'repaired' | 'kept' | 'taken' | 'absent' | 'rejected';

/** A value that shows the rule, put into a believable activity of `eventClass`; and what the row then has. */
export interface ValueExample {
  readonly eventClass: EventClass;
  readonly sends: Readonly<Record<string, unknown>>;
  /** The column at this path and its value; undefined: the row doesn't have it. */
  readonly column?: readonly [path: string, value: unknown];
  /** What `unmapped` has, by key; null: it doesn't have the key. */
  readonly unmapped?: Readonly<Record<string, string | null>>;
  readonly fault?: FaultCode;
}

/** One rule: what arrives, what becomes of it, why, and an example that a test tries. */
export interface ValueRule {
  readonly arrives: string;
  readonly fate: ValueFate;
  readonly because: string;
  readonly example: () => ValueExample;
}
