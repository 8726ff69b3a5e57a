import { listLimit } from '@tributary/schemas/rest/openapi.ts';
import { Problem } from './problem.ts';

/** How many entries a request asks for. Throws an `invalid-query`. */
export function readLimit(text: string | undefined): number {
  if (text === undefined) return listLimit.default;
  const limit = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= listLimit.max) return limit;
  throw new Problem('invalid-query', `limit must be a whole number from 1 to ${listLimit.max}.`);
}

/** What a cursor says, which `cursorOf` made for this `list`; undefined for the first page. Throws an `invalid-query`. */
export function readCursor(list: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [name, after] = Buffer.from(text, 'base64url').toString('utf8').split(' ');
  if (name === list && after !== undefined && cursorOf(list, after) === text) return after;
  throw notOurs();
}

/** The opaque cursor behind the entry `after`. */
export function cursorOf(list: string, after: string): string {
  return Buffer.from(`${list} ${after}`).toString('base64url');
}

/** The refusal of a cursor that no list answered. */
export function notOurs(): Problem {
  return new Problem('invalid-query', 'cursor is not one that this list answered as next.');
}

/** True for `?dryRun=true`. Throws an `invalid-query` for anything but true and false. */
export function readDryRun(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new Problem('invalid-query', 'dryRun must be true or false.');
}
