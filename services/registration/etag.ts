import { createHash } from 'node:crypto';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { Problem } from './problem.ts';

/** The strong validator of a registration (RFC 9110, section 8.8.3): another one after every change of it, of no other thing. */
export function etagOf(record: RegistrationRecord): string {
  return `"${createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 20)}"`;
}

const list = /^(?:W\/)?"[\x21\x23-\x7e]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e]*")*$/;

/** Refuses (412) a change of a registration that isn't the one that If-Match names; a weak tag never matches. */
export function refuseOtherVersion(ifMatch: string | undefined, record: RegistrationRecord): void {
  if (ifMatch === undefined || ifMatch === '*') return;
  if (ifMatch.length > 256 || !list.test(ifMatch))
    throw new Problem('invalid-header', 'If-Match must be the etag of an earlier answer, in its quotes, or *.');
  if (ifMatch.split(',').some((tag) => tag.trim() === etagOf(record))) return;
  const detail =
    'The registration has changed since. Read it again, and send the change with its etag if it still holds.';
  throw new Problem('changed-meanwhile', detail);
}
