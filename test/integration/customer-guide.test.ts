import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeObject } from '@tributary/lake/parquet-wasm.ts';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { problems } from '@tributary/schemas/rest/problems.ts';
import { execa } from 'execa';
import { handoffMessage, handoffRowsOf } from '../tools/hand-off.ts';
import { makeCrawlerRole, type OnboardingPlace, startOnboardingPlace } from '../tools/onboarding.ts';

const guide = readFileSync(join(repositoryRoot, 'docs/customer-guide.md'), 'utf8');
const template = readFileSync(join(repositoryRoot, 'deploy/customer-role/crawler-role.yaml'), 'utf8');
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!);

describe('the guide for customers', () => {
  let place: OnboardingPlace;
  let directory: string;

  beforeAll(async () => {
    place = await startOnboardingPlace(process.env.TRIBUTARY_LOCAL_DIR!);
    directory = await mkdtemp(join(tmpdir(), 'tributary-guide-'));
    const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(repositoryRoot, 'bin/tributary.js')}" "$@"\n`;
    await writeFile(join(directory, 'npx'), npx);
    await chmod(join(directory, 'npx'), 0o755);
  }, 120_000);

  afterAll(async () => {
    await place?.stop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  it('has_commands_that_work_one_after_the_other', async () => {
    // The stand-in knows no aws command; that it asks for what there is, is another test's.
    const [variables, ...commands] = blocksOf('bash').filter((block) => !block.startsWith('aws '));
    const [, name] = /Default: (\w+)\n {4}Description: The name that "tributary onboard"/.exec(template)!;
    const [, path] = /\n {6}Path: \/(\S+)\/\n/.exec(template)!;
    await makeCrawlerRole(place.endpoints, `${path}/${name}`);
    expect(commands.length).toBeGreaterThanOrEqual(7);
    const env = {
      ...place.environment(),
      TRIBUTARY_ACCOUNT: place.account,
      TRIBUTARY_URL: place.endpoints.registration!,
      TRIBUTARY_API_KEY: place.apiKey,
      PATH: [directory, process.env.PATH].join(delimiter),
    };
    for (const command of commands) {
      const { exitCode, all } = await execa('bash', ['-euc', `${variables}${command}`], {
        reject: false,
        all: true,
        env,
      });
      expect({ command, exitCode, all }).toMatchObject({ exitCode: 0 });
    }
    const answer = await fetch(`${place.endpoints.registration}/api/registrations/`, {
      headers: { authorization: `ApiKey ${place.apiKey}`, 'api-version': 'v1' },
    });
    const { registrations } = (await answer.json()) as { registrations: { eventClass: string }[] };
    const left = eventClassNames.filter((name) => name !== 'dns-activity').sort();
    expect(registrations.map(({ eventClass }) => eventClass).sort()).toEqual(left);
  }, 180_000);

  it('names_parameters_that_the_template_has', () => {
    const commands = blocksOf('bash').join('\n');
    const named = [...`${commands}${guide}`.matchAll(/\b(Lake\w+|RoleName)=/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(1);
    for (const name of named) expect(template).toContain(`\n  ${name}:\n    Type: String`);
  });

  it('has_queries_that_find_something_in_what_we_write', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const queries = blocksOf('sql');
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      const table = /FROM (\w+)/.exec(query)![1]!;
      const eventClass = table.replaceAll('_', '-') as EventClass;
      const rows = handoffRowsOf({ account: place.account, eventClass, count: 300, seed: 5, firstOffset: 0 });
      const message = handoffMessage(eventClass, 0, rows).value as Buffer;
      const all = { message: rows.map(() => 0), row: rows.map((_, at) => at) };
      const path = join(directory, `${table}.parquet`);
      await writeFile(path, (await encodeObject({ messages: [message], rows: all })).bytes);
      await connection.run(`CREATE TABLE ${table} AS SELECT *, '20260102' AS eventday FROM read_parquet('${path}')`);
      const found = await connection.runAndReadAll(query);
      expect({ table, rows: found.getRows().length }).toMatchObject({ rows: expect.any(Number) });
      expect(found.getRows().length).toBeGreaterThan(0);
    }
    connection.closeSync();
    instance.closeSync();
  }, 60_000);

  it('says_what_to_do_about_every_problem_and_about_none_that_there_is_not', () => {
    const rows = /\| `type` ends in[\s\S]*?\n\n/.exec(guide)![0].split('\n').slice(2);
    const named = rows.flatMap((row) =>
      [...(row.split('|')[1]?.matchAll(/`([a-z-]+)`/g) ?? [])].map(([, code]) => code!),
    );
    expect(named.sort()).toEqual(Object.keys(problems).sort());
  });

  it('names_every_home_region_and_event_class', () => {
    for (const [home, region] of Object.entries(homeRegions)) expect(guide).toContain(`| \`${home}\` | ${region} |`);
    for (const eventClass of eventClassNames) expect(guide).toContain(`| \`${eventClass}\` |`);
  });
});
