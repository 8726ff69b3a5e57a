/** To be imported before a service: takes the guards out that a variable names, as the code is loaded. */
import { registerHooks } from 'node:module';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { type MutantName, mutantsVariable, mutated } from './mutants.ts';

const names = (process.env[mutantsVariable]?.split(',') ?? []) as MutantName[];
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith('file:') || loaded.source === undefined || loaded.source === null) return loaded;
    const text =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    const file = relative(repositoryRoot, fileURLToPath(url)).split(sep).join('/');
    const changed = mutated(file, text, names);
    return changed === text ? loaded : { ...loaded, source: changed };
  },
});
