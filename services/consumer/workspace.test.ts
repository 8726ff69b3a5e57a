import { expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Workspace, Workspaces } from './workspace.ts';

function counted() {
  const made: EventClass[] = [];
  const workspaces = new Workspaces((eventClass) => {
    made.push(eventClass);
    return new Workspace(eventClass, 1);
  });
  return { made, workspaces };
}

it('makes_no_second_workspace_of_a_class_while_batches_of_all_classes_follow_one_another', () => {
  const { made, workspaces } = counted();
  for (let round = 0; round < 3; round++) {
    for (const eventClass of eventClassNames) workspaces.giveBack(workspaces.take(eventClass));
  }
  expect(made).toEqual(eventClassNames);
});

it('keeps_one_of_each_class_however_many_of_one_come_back', () => {
  const { made, workspaces } = counted();
  for (const eventClass of eventClassNames) workspaces.giveBack(workspaces.take(eventClass));
  const several = Array.from({ length: 10 }, () => workspaces.take('dns-activity'));
  for (const one of several) workspaces.giveBack(one);
  made.length = 0;
  for (const eventClass of eventClassNames) workspaces.take(eventClass);
  expect(made).toEqual([]);
});

it('gives_no_workspace_to_two_batches_at_once', () => {
  const { workspaces } = counted();
  workspaces.giveBack(workspaces.take('dns-activity'));
  expect(workspaces.take('dns-activity')).not.toBe(workspaces.take('dns-activity'));
});
