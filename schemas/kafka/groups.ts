import { type EventClass, eventClassNames } from '../event-classes.ts';
import { agentTopic, auditTopic, handoffTopic } from './topics.ts';

/** What of a cluster's names an operator may choose: the groups of the services, which their settings name. */
export interface GroupNames {
  readonly consumer: string;
  readonly flusher: string;
}

/** The names of the groups where no setting says otherwise. */
export const groupNames: GroupNames = { consumer: 'tributary.consumer', flusher: 'tributary.flusher' };

/** The group that keeps, as an offset’s metadata, how many registrations are known. It never has a member. */
export const knownGroup = 'tributary.registrations';

/** A consumer group: of which topics it has offsets, who moves them, and who only looks at them. */
export interface GroupContract {
  readonly name: string;
  readonly topics: readonly string[];
  /** Who joins it or commits its offsets. */
  readonly committers: readonly string[];
  /** Who reads what it has committed. */
  readonly watchers: readonly string[];
}

/** Every group there is. */
export function groupsOf({ consumer, flusher }: GroupNames = groupNames): readonly GroupContract[] {
  return [
    {
      name: consumer,
      topics: eventClassNames.map(agentTopic),
      committers: ['consumer'],
      watchers: ['registration'],
    },
    {
      name: flusher,
      topics: eventClassNames.map(handoffTopic),
      committers: ['flusher'],
      // A consumer looks whether an agent topic was made anew.
      watchers: ['registration', 'consumer'],
    },
    {
      name: knownGroup,
      topics: [auditTopic],
      committers: ['registration', 'operator'],
      watchers: ['consumer', 'flusher'],
    },
  ];
}

const flusherIds = (eventClass: EventClass): string => `flusher.${handoffTopic(eventClass)}.`;

/** The id under which owners of a hand-off partition fence each other: the same for every flusher. */
export const flusherTransactionalId = (eventClass: EventClass, partition: number): string =>
  `${flusherIds(eventClass)}${partition}`;

/** Behind it `knownGroup` is written, so that no other process writes in between. */
export const knownTransactionalId = 'registration.known';
/** Behind it a command produces rejected events again. */
export const requeueTransactionalId = 'operator.requeue';
/** Behind it a command stores the plan of a replay. */
export const replayTransactionalId = 'operator.replay';

/** A transactional id, or all that begin with `name`, and who produces under it. */
export interface TransactionalIdContract {
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly users: readonly string[];
}

/** Every transactional id there is. */
export const transactionalIds: readonly TransactionalIdContract[] = [
  ...eventClassNames.map(
    (eventClass): TransactionalIdContract => ({
      name: flusherIds(eventClass),
      pattern: 'prefixed',
      users: ['flusher'],
    }),
  ),
  { name: knownTransactionalId, pattern: 'literal', users: ['registration', 'operator'] },
  { name: requeueTransactionalId, pattern: 'literal', users: ['operator'] },
  { name: replayTransactionalId, pattern: 'literal', users: ['operator'] },
];
