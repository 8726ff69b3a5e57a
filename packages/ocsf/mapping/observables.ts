import type { Observable } from './table.ts';

/**
 * Kinds of observables by OCSF's numbers. A key of the registry has only the number of an object until OCSF 1.5; its path
 * is what an analyst looks for, so the path is its value here. Paths of files have no number until then: their names do. Command lines would have one from 1.3.0 on;
 * nobody pivots on a whole one, and it would double the largest column.
 */
const kinds = {
  hostname: 1,
  address: 2,
  mac: 3,
  user: 4,
  fileName: 7,
  hash: 8,
  processName: 9,
  resource: 10,
  registryKey: 28,
} as const;

/** The column at `path` is something that analysts pivot on. */
export function observable(kind: keyof typeof kinds, path: string): Observable {
  return { path, typeId: kinds[kind] };
}

/** What every class has of them: the endpoint, and who acted there. */
export const commonObservables: readonly Observable[] = [
  observable('hostname', 'device.hostname'),
  observable('address', 'device.ip'),
  observable('mac', 'device.mac'),
  observable('resource', 'device.uid'),
  observable('resource', 'device.instance_uid'),
  observable('user', 'actor.user.name'),
  observable('processName', 'actor.process.name'),
  observable('hash', 'actor.process.file.hashes[].value'),
  observable('processName', 'actor.process.parent_process.name'),
];
