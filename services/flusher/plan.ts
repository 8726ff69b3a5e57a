import { eventDayOf, objectName } from '@tributary/schemas/lake/object-key.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';
import type { Offset } from '@tributary/stream';
import type { CollectedSection } from './collector.ts';

/** Which rows of which messages an object has, in hand-off order. `message` indexes the messages' sections in the cut. */
export interface RowReferences {
  readonly message: Uint32Array;
  readonly row: Uint32Array;
}

/** One object of a cut, before it is encoded. */
export interface PlannedObject {
  readonly name: string;
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly objectAccount: string;
  /** UTC, `YYYYMMDD`. */
  readonly eventDay: string;
  readonly part: number;
  readonly rows: RowReferences;
  /** Hand-off offset of its own first and last row. */
  readonly offsets: readonly [first: Offset, last: Offset];
  /** Event time of its earliest and latest row, ms since the epoch. */
  readonly times: readonly [earliest: number, latest: number];
}

/** What the names of a cut's objects are made of besides their rows. */
export interface CutIdentity {
  readonly handoffTopic: string;
  readonly partition: number;
  readonly incarnation: string;
  /** The journalled number of rows per part: memory and settings must never decide where a part ends. */
  readonly partRows: number;
}

interface Group {
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly schemaFingerprint: string;
  readonly objectAccount: string;
  readonly eventDay: string;
  readonly message: number[];
  readonly row: number[];
  readonly time: number[];
}

/**
 * The objects of a cut: one per (registration, generation, schema, object account, UTC day) and part. The same messages
 * and identity always give the same objects, whoever plans them and whenever.
 */
export function planObjects(messages: readonly CollectedSection[], identity: CutIdentity): PlannedObject[] {
  return groupRows(messages).flatMap((group) => partsOf(group, messages, identity));
}

/**
 * The objects in the order in which they are put: each registration's first before anybody's second, and the smaller
 * before the larger, so that nobody waits for all of a huge one's.
 */
export function fairOrder(planned: readonly PlannedObject[]): PlannedObject[] {
  const counts = new Map<RegistrationId, number>();
  const ranked = planned.map((object) => {
    const rank = counts.get(object.registration) ?? 0;
    counts.set(object.registration, rank + 1);
    return { object, rank, rows: object.rows.row.length };
  });
  ranked.sort((one, other) => one.rank - other.rank || one.rows - other.rows);
  return ranked.map(({ object }) => object);
}

function groupRows(messages: readonly CollectedSection[]): Group[] {
  const groups = new Map<string, Group>();
  messages.forEach(({ rows, kept, schemaFingerprint }, message) => {
    for (const row of kept) {
      const registration = rows.registration(row) as RegistrationId;
      const generation = rows.generation(row);
      const objectAccount = rows.objectAccount(row);
      const time = rows.time(row);
      const eventDay = eventDayOf(time);
      const key = `${registration} ${generation} ${schemaFingerprint} ${objectAccount} ${eventDay}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = {
          registration,
          generation,
          schemaFingerprint,
          objectAccount,
          eventDay,
          message: [],
          row: [],
          time: [],
        };
        groups.set(key, group);
      }
      group.message.push(message);
      group.row.push(row);
      group.time.push(time);
    }
  });
  return [...groups.values()];
}

function partsOf(group: Group, messages: readonly CollectedSection[], identity: CutIdentity): PlannedObject[] {
  const { registration, generation, schemaFingerprint, objectAccount, eventDay } = group;
  const parts: PlannedObject[] = [];
  for (let from = 0, part = 0; from < group.row.length; from += identity.partRows, part++) {
    const to = Math.min(from + identity.partRows, group.row.length);
    const firstOffset = messages[group.message[from]!]!.offset;
    const lastOffset = messages[group.message[to - 1]!]!.offset;
    const { handoffTopic, partition, incarnation } = identity;
    const name = objectName({
      handoffTopic,
      incarnation,
      partition,
      registration,
      generation,
      schemaFingerprint,
      objectAccount,
      eventDay,
      firstOffset,
      lastOffset,
      part,
    });
    const rows = {
      message: Uint32Array.from(group.message.slice(from, to)),
      row: Uint32Array.from(group.row.slice(from, to)),
    };
    const times = extent(group.time, from, to);
    parts.push({
      name,
      registration,
      generation,
      objectAccount,
      eventDay,
      part,
      rows,
      offsets: [firstOffset, lastOffset],
      times,
    });
  }
  return parts;
}

function extent(values: readonly number[], from: number, to: number): [number, number] {
  let lowest = values[from]!;
  let highest = lowest;
  for (let at = from + 1; at < to; at++) {
    const value = values[at]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, highest];
}
