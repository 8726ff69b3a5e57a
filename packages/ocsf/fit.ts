import type { OcsfValue } from './mapping/table.ts';
import { isAddress, isMac } from './mapping/text.ts';

/** Checks that a value fits an OCSF type, and puts numbers into text columns as text; undefined when it doesn't fit. */
export type Fit = (value: OcsfValue) => string | number | boolean | undefined;

const int32Max = 2_147_483_647;
/** 9999-12-31: the last instant that RFC 3339 and every reader of timestamps can write. */
const instantMax = 253_402_300_799_999;

const asText: Fit = (value) => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
};
const textThat =
  (fits: (text: string) => boolean): Fit =>
  (value) =>
    typeof value === 'string' && fits(value) ? value : undefined;
const wholeIn =
  ({ min, max }: Range): Fit =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max && Number.isInteger(value) ? value : undefined;

/** The whole numbers that a column takes, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A time of 0 is how agents say that they don't know it. */
const instants: Range = { min: 1, max: instantMax };
const ranges: Readonly<Record<string, Range>> = {
  integer_t: { min: -int32Max - 1, max: int32Max },
  long_t: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  port_t: { min: 0, max: 65_535 },
  timestamp_t: instants,
  datetime_t: instants,
};

const fits: Readonly<Record<string, Fit>> = {
  boolean_t: (value) => (typeof value === 'boolean' ? value : undefined),
  ip_t: textThat(isAddress),
  mac_t: textThat(isMac),
};

/** Attributes of whole numbers of which OCSF doesn't say what is plain: there is no process −1 and no file of −1 bytes. */
const counted: ReadonlySet<string> = new Set(['pid', 'size']);

/**
 * The check of an OCSF scalar type, and of the attribute of that name where its own is narrower; all types without a check
 * are text.
 */
export function fitOf(type: string, name = ''): Fit {
  const range = rangeOf(type, name);
  return range === undefined ? (fits[type] ?? asText) : wholeIn(range);
}

/** The whole numbers that an OCSF scalar type takes in the attribute of that name; undefined for all other types. */
export function rangeOf(type: string, name = ''): Range | undefined {
  const range = ranges[type];
  return range !== undefined && counted.has(name) ? { ...range, min: Math.max(0, range.min) } : range;
}

/** True for an OCSF scalar type that takes every text. */
export function takesAnyText(type: string): boolean {
  return fits[type] === undefined && ranges[type] === undefined;
}
