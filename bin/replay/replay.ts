import type { Decoders } from '@tributary/consumer/neighbours.ts';
import type { Workspaces } from '@tributary/consumer/workspace.ts';
import { auditMessage } from '@tributary/registration/audit.ts';
import type { AuditAction } from '@tributary/schemas/kafka/audit.ts';
import { replayTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import type { ReplayPlan } from '@tributary/schemas/kafka/operations.ts';
import { partsOfRegistration, type RegistrationId, type RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log } from '@tributary/service';
import type { Publisher, Stream, StreamAdmin } from '@tributary/stream';
import { operationRecord, readOperations } from '../operations.ts';
import { requeuedBefore } from '../rejected/marks.ts';
import { Conversion } from './conversion.ts';
import { Copies } from './copies.ts';
import { type DeliveryParts, deliver } from './delivery.ts';
import { type Counted, count, isTooLarge, planOf, type ReplayLimits, sourceTopicOf } from './planning.ts';
import { earlierPlan, isFinished, plansOf, type StoredPlan, type Wanted } from './plans.ts';
import { countedText, deliveredText, planningText, refusalText, unfinishedText } from './view.ts';

/** Where operators who plan at the same time fence each other. */

/** What a replay works with, made by the command. */
export interface ReplayNeighbours
  extends Pick<DeliveryParts, 'encoder' | 'lake' | 'region' | 'now' | 'random' | 'signal' | 'onStep'> {
  readonly stream: Stream;
  readonly admin: StreamAdmin;
  readonly publisher: Publisher;
  readonly decoders: Decoders;
  readonly workspaces: Workspaces;
  readonly log: Log;
  /** Throws a Fault where the registrations can't be known: unknown is not empty. */
  readonly registrations: {
    refresh(): Promise<unknown>;
    byId(registration: RegistrationId): RegistrationRecord | undefined;
  };
  readonly randomHex: (bytes: number) => string;
  readonly operator: string;
  /** Names the command in the audit log. */
  readonly requestId: string;
  /** A line for the person, and one that the next one replaces. */
  readonly say: (line: string) => void;
  readonly show: (line: string) => void;
}

/** What is asked for beside the time. */
export interface ReplayOptions {
  readonly limits: ReplayLimits;
  /** Only counts. */
  readonly dryRun: boolean;
  /** Also where an earlier replay sent a part of the same events. */
  readonly again: boolean;
  /** How large a range may become; `rangeLimits` when absent. */
  readonly ranges?: ReplayLimits;
}

/**
 * Sends the events of a registration that arrived in a time once more: counts them, stores the plan, then delivers it. The
 * same call after a crash goes on with its plan. Throws an Error that tells the person why it doesn't.
 */
export async function replay(wanted: Wanted, options: ReplayOptions, neighbours: ReplayNeighbours): Promise<void> {
  const record = await activeRegistration(wanted.registration, neighbours);
  const before = await earlier(wanted, neighbours);
  if (before !== undefined && !options.dryRun && !options.again) {
    if ('refuse' in before) throw new Error(refusalText(before.refuse));
    neighbours.say(`Going on with plan ${before.goOn.plan.id}, which asks for the same.`);
    return goOn(before.goOn, record, neighbours);
  }
  const counted = await counting(wanted, record, options, neighbours);
  neighbours.say(countedText(wanted, counted));
  if (options.dryRun) return sayOfDryRun(counted, options.limits, neighbours);
  if (counted.cutter.rows === 0) return neighbours.say('There is nothing to send.');
  const stored = await storePlan(planned(wanted, record, counted, options, neighbours), options, neighbours);
  await finish(stored, record, neighbours);
}

/** Goes on with a plan that isn't finished. */
export async function resume(id: string, neighbours: ReplayNeighbours): Promise<void> {
  const stored = (await storedPlans(neighbours)).find(({ plan }) => plan.id === id);
  if (stored === undefined) throw new Error(`There is no plan ${id}. Look at: npx tributary replay list`);
  if (isFinished(stored)) return neighbours.say(`Plan ${id} is finished: all of its objects are in the lake.`);
  return goOn(stored, await activeRegistration(stored.plan.registration, neighbours), neighbours);
}

/** The plans that are stored, oldest first. */
export async function storedPlans({
  stream,
  admin,
}: Pick<ReplayNeighbours, 'stream' | 'admin'>): Promise<StoredPlan[]> {
  return plansOf(await readOperations({ stream, admin }));
}

async function goOn(stored: StoredPlan, record: RegistrationRecord, neighbours: ReplayNeighbours): Promise<void> {
  await audit('replay.resume', stored.plan, neighbours);
  await finish(stored, record, neighbours);
}

async function earlier(wanted: Wanted, neighbours: ReplayNeighbours) {
  return earlierPlan(await storedPlans(neighbours), wanted);
}

async function activeRegistration(
  registration: RegistrationId,
  { registrations }: ReplayNeighbours,
): Promise<RegistrationRecord> {
  await registrations.refresh();
  const record = registrations.byId(registration);
  if (record === undefined) throw new Error(`There is no registration ${registration}.`);
  if (record.state !== 'active') throw new Error(`${registration} is ${record.state}: nothing is sent to it.`);
  return record;
}

function conversionFor(wanted: RegistrationRecord, neighbours: ReplayNeighbours): Conversion {
  const { decoders, workspaces, log, now } = neighbours;
  return new Conversion({ wanted, decoders, workspaces, log, now });
}

async function counting(
  wanted: Wanted,
  record: RegistrationRecord,
  { limits, dryRun, ranges }: ReplayOptions,
  neighbours: ReplayNeighbours,
): Promise<Counted> {
  const { stream, admin, signal, show } = neighbours;
  const conversion = conversionFor(record, neighbours);
  return count(wanted, sourceTopicOf(record), dryRun ? undefined : limits, {
    ...{ stream, admin, signal, conversion },
    copies: new Copies(record.eventClass, await requeuedBefore(neighbours)),
    ...(ranges === undefined ? {} : { ranges }),
    onProgress: (progress) => show(planningText(progress)),
  });
}

function sayOfDryRun({ cutter }: Counted, { rows, bytes }: ReplayLimits, { say }: ReplayNeighbours): void {
  const isOver = cutter.rows > rows || cutter.bytes > bytes;
  if (isTooLarge(cutter)) say('Its plan is larger than a record of Kafka may be: send it by shorter times.');
  else
    say(isOver ? 'That is more than the limits allow: raise --limit and --limit-mb to send it.' : 'Nothing was sent.');
}

function planned(
  wanted: Wanted,
  record: RegistrationRecord,
  counted: Counted,
  { limits }: ReplayOptions,
  { randomHex, now, operator }: ReplayNeighbours,
): ReplayPlan {
  return planOf(record, wanted, counted, { id: randomHex(8), at: now(), operator, limits });
}

/**
 * Stores the plan, before anything is put. Of operators who plan at the same time one is fenced, and who comes after
 * another sees the other's plan: the same events never get two plans unseen.
 */
async function storePlan(
  plan: ReplayPlan,
  { again }: ReplayOptions,
  neighbours: ReplayNeighbours,
): Promise<StoredPlan> {
  const store = neighbours.stream.atomicPublisher({ transactionalId: replayTransactionalId });
  try {
    await store.fence();
    const before = again ? undefined : await earlier(plan, neighbours);
    if (before !== undefined) throw new Error(refusalText('refuse' in before ? before.refuse : before.goOn));
    await audit('replay.start', plan, neighbours);
    await store.publish([operationRecord(plan)]);
  } finally {
    await store.close();
  }
  neighbours.say(`Stored as plan ${plan.id}.`);
  return { plan, delivered: new Set(), deliveredAt: undefined };
}

async function audit(action: AuditAction, plan: ReplayPlan, neighbours: ReplayNeighbours): Promise<void> {
  const { publisher, now, operator, requestId } = neighbours;
  const { id, registration, generation, from, to, rows } = plan;
  const record = auditMessage({
    at: new Date(now()).toISOString(),
    account: partsOfRegistration(registration).account,
    actor: { kind: 'operator', name: operator },
    action,
    subject: registration,
    after: { plan: id, generation, from: new Date(from).toISOString(), to: new Date(to).toISOString(), rows },
    requestId,
  });
  await publisher.publish([record]);
}

async function finish(stored: StoredPlan, record: RegistrationRecord, neighbours: ReplayNeighbours): Promise<void> {
  const { plan } = stored;
  const { stream, publisher, registrations, show, say } = neighbours;
  const { generation, ocsfVersion } = plan;
  try {
    await deliver(stored, {
      ...neighbours,
      ...{ stream, publisher },
      conversion: conversionFor({ ...record, generation, ocsfVersion }, neighbours),
      current: async () => {
        await registrations.refresh();
        return registrations.byId(plan.registration);
      },
      onProgress: (progress) => show(deliveredText(plan, progress)),
    });
  } catch (error) {
    say(unfinishedText(plan));
    throw error;
  }
  say(`Plan ${plan.id} is finished: ${plan.rows.toLocaleString('en')} events are in the lake once more.`);
}
