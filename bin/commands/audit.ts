import { readEndpoints } from '@tributary/local/endpoints.ts';
import { auditLine } from '@tributary/registration/audit.ts';
import type { AuditRecord } from '@tributary/schemas/kafka/audit.ts';
import { auditTopic } from '@tributary/schemas/kafka/topics.ts';
import { createLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { type Command, Option } from 'commander';

interface AuditOptions {
  readonly account: string;
  readonly json: boolean;
  readonly dir: string;
  readonly brokers?: string;
}

async function audit({ account, json, dir, brokers }: AuditOptions): Promise<void> {
  const addresses = brokers?.split(',') ?? [readEndpoints(dir).kafka];
  const log = createLog('audit', 'error');
  const stream = createKafkajsStream({ brokers: addresses, clientId: 'tributary-audit', log });
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
    .addOption(new Option('--dir <dir>', 'the local stack to use').default('.local').env('TRIBUTARY_LOCAL_DIR'))
    .addOption(new Option('--brokers <host:port,…>', 'another cluster').env('KAFKA_BROKERS'))
    .action(audit);
}
