import { writeFiles } from '@tributary/observe/files.ts';
import type { Command } from 'commander';

/** `tributary observe`: rules, monitors and dashboards, written from what deploy/observe says. */
export function add(program: Command) {
  const observe = program.command('observe').description('alert rules, ServiceMonitors and dashboards');
  observe
    .command('write')
    .description('writes deploy/observe/{prometheus,kubernetes,grafana} anew from its alerts, objectives and panels')
    .action(() => {
      const changed = writeFiles();
      console.log(changed.length === 0 ? 'Everything is as it should be.' : `Wrote ${changed.join(', ')}.`);
    });
}
