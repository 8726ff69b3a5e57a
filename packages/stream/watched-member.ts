import { Fault } from '@tributary/schemas/faults.ts';
import type { StreamLog } from './kafkajs-client.ts';
import { isLongerThan } from './longer-than.ts';
import type { GroupMember, MemberHandlers, Offset, StreamAdmin, TopicPartition } from './stream.ts';
import { judge, nothingSeen, notSeen, type PartitionSight, type WatchState } from './watchdog.ts';

const looksPerLimit = 4;
/** How long the old client may take to stop. Two at once would hand the same partition over twice. */
const stopWithinMs = 20_000;
/** How long a new client may take to join: two rebalances. */
const startWithinMs = 120_000;

/** What a watched member is made of. */
export interface WatchOptions {
  /** Makes a member of its own client. */
  readonly make: () => GroupMember;
  readonly admin: Pick<StreamAdmin, 'ends'>;
  readonly log: StreamLog;
  /** Ms; only differences of it count. */
  readonly now: () => number;
  /** How long a partition may stand still behind its log's end. */
  readonly stuckMsMax: number;
  /** True while the service itself holds a partition up, for a reason that it tells. */
  readonly isWaiting: (partition: TopicPartition) => boolean;
  /** How long an old client may take to stop, and a new one to join; 20 s and two minutes when absent. */
  readonly stopMsMax?: number;
  readonly startMsMax?: number;
  /** Told after each look how many partitions are stuck, and whether the client is restarted for them. */
  readonly onLook: (stuck: number, isRestart: boolean) => void;
}

/**
 * A member whose client is watched, because kafkajs is known to stop silently. A partition that stands still although
 * its log goes on gets a new client; when that does not help, `notAlive` says so, and a supervisor must start the
 * process anew. To the caller a restart looks like a rebalance.
 */
export class WatchedMember implements GroupMember {
  readonly #options: WatchOptions;
  #member: GroupMember;
  #handlers: MemberHandlers | undefined;
  #state: WatchState = nothingSeen;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #failure: string | undefined;
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#member = options.make();
  }

  async start(handlers: MemberHandlers): Promise<void> {
    this.#handlers = handlers;
    await this.#member.start(handlers);
    const look = () => {
      this.#looking ??= this.look()
        .catch((error) => this.#options.log.error({ err: error }, 'a look at the partitions failed'))
        .finally(() => {
          this.#looking = undefined;
        });
    };
    this.#timer = setInterval(look, this.#options.stuckMsMax / looksPerLimit);
    this.#timer.unref();
  }

  /** Why a new process must take over; undefined while there is no reason. */
  notAlive(): string | undefined {
    return this.#failure;
  }

  commit(position: TopicPartition & { readonly offset: Offset; readonly metadata: string }): Promise<void> {
    return this.#member.commit(position);
  }

  seek(position: TopicPartition & { readonly offset: Offset }): void {
    this.#member.seek(position);
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#member.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#member.resume(partitions);
  }

  progress() {
    return this.#member.progress();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#member.stop();
  }

  /** Looks at every partition once, and does what the verdict says. */
  async look(): Promise<void> {
    const { now, stuckMsMax, onLook, log } = this.#options;
    const sights = await this.#sights();
    if (this.#isStopped) return;
    if (sights === undefined) {
      this.#state = notSeen(this.#state, now());
      return;
    }
    const { state, verdict, stuck } = judge(this.#state, sights, now(), stuckMsMax);
    this.#state = state;
    onLook(stuck.length, verdict === 'restart');
    this.#failure = verdict === 'fail' ? new Fault('partition-stuck', nameOf(stuck)).message : undefined;
    if (verdict === 'fine') return;
    log.error({ stuck: stuck.slice(0, 10), verdict }, new Fault('partition-stuck').message);
    if (verdict === 'restart') await this.#restart();
  }

  async #sights(): Promise<PartitionSight[] | undefined> {
    const progress = this.#member.progress();
    const topics = [...new Set(progress.map(({ topic }) => topic))];
    try {
      const ends = new Map(
        await Promise.all(topics.map(async (topic) => [topic, await this.#options.admin.ends(topic)] as const)),
      );
      return progress.map((one) => ({
        ...one,
        isHeld: one.isHeld || this.#options.isWaiting(one),
        end: ends.get(one.topic)!.find(({ partition }) => partition === one.partition)?.high ?? 0,
      }));
    } catch {
      return undefined;
    }
  }

  /** Within limits: whatever hangs, it then says that a new process must take over. */
  async #restart(): Promise<void> {
    const { stopMsMax = stopWithinMs, startMsMax = startWithinMs } = this.#options;
    if (await isLongerThan(this.#stopForRestart(), stopMsMax)) return this.#giveUp('the client does not stop');
    if (this.#isStopped) return;
    this.#member = this.#options.make();
    const starting = this.#member.start(this.#handlers!).catch((error: Error) => this.#handlers!.onCrashed(error));
    if (await isLongerThan(starting, startMsMax)) this.#giveUp('the client does not start');
  }

  /** The caller is told that nothing is its own any more, so that it ends the batches that it tries again in place. */
  async #stopForRestart(): Promise<void> {
    const stopping = this.#member.stop();
    const letGo = Promise.resolve(this.#handlers!.onAssigned([]));
    await Promise.allSettled([stopping, letGo]);
  }

  #giveUp(detail: string): void {
    this.#failure = new Fault('partition-stuck', detail).message;
    clearInterval(this.#timer);
  }
}

const nameOf = (stuck: readonly TopicPartition[]) =>
  stuck
    .slice(0, 3)
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .join(', ');
