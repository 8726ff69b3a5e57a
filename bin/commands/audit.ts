import { auditLine } from '@tributary/registration/audit.ts';
import type { AuditRecord } from '@tributary/schemas/kafka/audit.ts';
import { auditTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Command } from 'commander';
import { clusterOf, type Places, placeOptions } from '../cluster.ts';

interface AuditOptions extends Places {
  readonly account: string;
  readonly json: boolean;
}

async function audit({ account, json, ...places }: AuditOptions): Promise<void> {
  const stream = clusterOf('audit', places);
  await stream.read({
    topic: auditTopic,
    partition: 0,
    from: 0,
    onRecord: ({ key, value }) => {
      if (value === null || key?.toString() !== account) return;
      const text = value.toString();
      console.log(json ? text : auditLine(JSON.parse(text) as AuditRecord));
    },
  });
}

/** `tributary audit`: who changed what of an account's registrations and API keys, oldest first. */
export function add(program: Command) {
  program
    .command('audit')
    .description('who changed what of an account: registrations and API keys, oldest first')
    .requiredOption('--account <12 digits>', 'whose changes')
    .option('--json', 'one JSON object a line, with everything before and after', false)
    .addOption(placeOptions().dir)
    .addOption(placeOptions().brokers)
    .action(audit);
}
