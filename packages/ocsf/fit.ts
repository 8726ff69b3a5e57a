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
const numberIn =
  (min: number, max: number): Fit =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max && Number.isInteger(value) ? value : undefined;
/** A time of 0 is how agents say that they don't know it. */
const instant = numberIn(1, instantMax);

const fits: Readonly<Record<string, Fit>> = {
  boolean_t: (value) => (typeof value === 'boolean' ? value : undefined),
  integer_t: numberIn(-int32Max - 1, int32Max),
  long_t: numberIn(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  port_t: numberIn(0, 65_535),
  timestamp_t: instant,
  datetime_t: instant,
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
  const fit = fits[type] ?? asText;
  if (!counted.has(name)) return fit;
  return (value) => (typeof value === 'number' && value < 0 ? undefined : fit(value));
}

/** True for an OCSF scalar type that takes every text. */
export function takesAnyText(type: string): boolean {
  return fits[type] === undefined;
}
