import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { crawlerRoleDefault } from './crawler-role.ts';

const template = readFileSync(new URL('../../deploy/customer-role/crawler-role.yaml', import.meta.url), 'utf8');

// AmazonSecurityLakeAdministrator allows iam:PassRole for these only; the guide promises that it is enough.
it('is_a_role_that_an_administrator_of_security_lake_may_hand_to_glue', () => {
  expect(crawlerRoleDefault).toMatch(/^service-role\/AmazonSecurityLakeCustomDataGlueCrawler/);
});

it('is_the_role_that_the_template_makes', () => {
  const [, path] = /\n {6}Path: \/(\S+)\/\n/.exec(template) ?? [];
  const [, name] = /RoleName:\n {4}Type: String\n {4}Default: (\S+)\n/.exec(template) ?? [];
  expect(`${path}/${name}`).toBe(crawlerRoleDefault);
  const [, allowed] = /AllowedPattern: (\^AmazonSecurityLake\S+)/.exec(template)!;
  expect(name).toMatch(new RegExp(allowed!));
});
