import { setTimeout as pause } from 'node:timers/promises';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import type { DemoCustomer } from '@tributary/local/demo/customer.ts';
import type { FeedRecord } from '@tributary/local/feed/feed-record.ts';
import { simulatedAccounts } from '@tributary/local/feed/fleet.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { until } from '../until.ts';
import { type Cell, type CellResult, expectedFault, nameOfCell } from './grid-cells.ts';
import { allRecords, rejections } from './kafka-evidence.ts';
import { Lakes } from './lakes.ts';
import { Producer, type SentEvent } from './producer.ts';
import { isClean, type LoggedRecord, type Verdict, verdictOf } from './verdict.ts';
import { startWorld, type World } from './world.ts';

/** How the grid is run. */
export interface GridOptions {
  readonly cells: readonly Cell[];
  /** Fields at once: each has a failing customer of its own, of twenty and as many more as there are fields at once. */
  readonly atOnce: number;
  readonly windowSeconds: number;
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  readonly onNotice: (sentence: string) => void;
}

/** Customers whose lakes never fail. */
const othersCount = 19;
/** Two classes, so that many customers share a hand-off partition with the failing one. */
const classes: readonly EventClass[] = ['process-activity', 'file-activity'];
const deliveredWithinMs = 300_000;

/** Runs the fields, some at once, in one world; answers what was found of each. */
export async function runGrid(options: GridOptions): Promise<CellResult[]> {
  const { cells, signal, onNotice, windowSeconds } = options;
  const customers = simulatedAccounts(othersCount + cells.length).map((account, at) => ({
    account,
    bucketName: `aws-security-data-lake-us-east-1-grid-${at + 1}`,
    eventClasses: classes,
  }));
  const world = await startWorld({
    ...{ windowSeconds, sessionSeconds: 10, customers, disks: false, signal, onNotice },
  });
  try {
    return await new Grid(world, options).run();
  } finally {
    await world.stop();
  }
}

interface Failing extends Cell {
  readonly at: number;
  readonly customer: DemoCustomer;
  readonly end: () => void;
  readonly metBefore: number;
}

class Grid {
  readonly #world: World;
  readonly #options: GridOptions;
  readonly #sent = new Map<string, SentEvent>();
  readonly #lakes: Lakes;

  constructor(world: World, options: GridOptions) {
    this.#world = world;
    this.#options = options;
    this.#lakes = new Lakes(world.lakes.s3, world.sources, (uuid) => this.#sent.get(uuid)?.awsAccount);
  }

  async run(): Promise<CellResult[]> {
    const { cells, atOnce } = this.#options;
    const results: CellResult[] = [];
    for (let from = 0; from < cells.length; from += atOnce)
      results.push(...(await this.#batch(cells.slice(from, from + atOnce), from)));
    return results;
  }

  async #batch(cells: readonly Cell[], from: number): Promise<CellResult[]> {
    const { onNotice, signal, windowSeconds } = this.#options;
    const { lakeFaults, tenants, customers } = this.#world;
    onNotice(`${cells.map(nameOfCell).join(' ')}: begin`);
    const failing = cells.map((cell, index): Failing => {
      const at = othersCount + from + index;
      const metBefore = lakeFaults.made.get(`${cell.call} ${cell.kind}`) ?? 0;
      return {
        ...cell,
        at,
        customer: customers[at]!,
        metBefore,
        end: lakeFaults.begin({ ...cell, tenant: tenants[at]! }),
      };
    });
    try {
      const sent = await this.#feed(failing, (windowSeconds + 5) * 1000, from);
      const logged = (await allRecords(this.#world.stream, new Map())).filter(({ uuid }) => sent.has(uuid));
      const accounts = new Set(failing.map(({ customer }) => customer.account));
      await this.#untilDelivered(logged, (account) => !accounts.has(account), 'the other customers');
      const said = await Promise.all(failing.map((one) => this.#said(one)));
      const met = failing.map(({ call, kind, metBefore }) => (lakeFaults.made.get(`${call} ${kind}`) ?? 0) - metBefore);
      for (const { end } of failing) end();
      const healedAt = Date.now();
      onNotice(`${said.map((one, at) => `${nameOfCell(cells[at]!)}: ${one}`).join(', ')}; healed`);
      await this.#untilDelivered(logged, () => true, 'the failing customers');
      await pause(1.2 * windowSeconds * 1000, undefined, { signal });
      await this.#lakes.look();
      const isOther = (account: string) => !accounts.has(account);
      const clean = isClean(await this.#verdict(logged, isOther));
      const others = { ...this.#slowest(logged, isOther, 0), clean };
      const found = await Promise.all(
        failing.map((one, at) => this.#result(one, logged, { met: met[at]!, said: said[at]!, healedAt })),
      );
      return found.map((result) => ({ ...result, others }));
    } finally {
      for (const { end } of failing) end();
    }
  }

  /** Feeds the twenty for so long; of each batch anew, so that each event belongs to one. */
  async #feed(failing: readonly Failing[], forMs: number, from: number): Promise<ReadonlyMap<string, SentEvent>> {
    const { stream, endpoints, customers } = this.#world;
    const { ratePerSecond, signal } = this.#options;
    const accounts = [...customers.slice(0, othersCount), ...failing.map(({ customer }) => customer)].map(
      ({ account }) => account,
    );
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const producer = new Producer({
      records: eventsOf(accounts, from, ratePerSecond),
      ...{ ratePerSecond, encoder, publisher: () => stream.publisher(), now: Date.now, sleep: (ms) => pause(ms) },
      partitions: clusterLayouts.local.agentPartitions,
    });
    const feeding = producer.run();
    await pause(forMs, undefined, { signal }).finally(() => producer.stop());
    await feeding;
    for (const [uuid, event] of producer.sent) this.#sent.set(uuid, event);
    return producer.sent;
  }

  async #untilDelivered(logged: readonly LoggedRecord[], of: (account: string) => boolean, who: string) {
    const { signal, onNotice } = this.#options;
    await until(`all events of ${who}`, deliveredWithinMs, async () => {
      signal.throwIfAborted();
      await this.#lakes.look();
      const seen = new Set(this.#lakes.rows.map(({ uuid }) => uuid));
      const missing = logged.filter(({ uuid }) => !seen.has(uuid) && of(this.#sent.get(uuid)?.account ?? ''));
      return missing.length === 0;
    }).catch((error: Error) => onNotice(error.message)); // the checker will say what is missing
  }

  /** State and fault, as the customer reads them with a key of its own. */
  async #said({ customer, call, kind }: Failing): Promise<string> {
    const { endpoints } = this.#world;
    const key = await createAccountKey(endpoints, customer.account);
    const read = async (): Promise<string> => {
      const headers = { authorization: `ApiKey ${key}`, 'api-version': 'v1' };
      const answer = await fetch(`${endpoints.registration}/api/registrations/`, { headers });
      const { registrations } = (await answer.json()) as { registrations: { state: string; status?: Status }[] };
      const [worst] = registrations.toSorted((a, b) => b.state.localeCompare(a.state));
      return [worst?.state, worst?.status?.lastError?.fault].filter((part) => part !== undefined).join(' ');
    };
    const expected = wordsOf({ call, kind });
    // The service reads receipts every few seconds; an object is parked only when its tries have taken 30 s.
    await until('its status', 60_000, async () => (await read()) === expected).catch(() => undefined);
    return read();
  }

  async #result(
    { call, kind, customer }: Failing,
    logged: readonly LoggedRecord[],
    { met, said, healedAt }: { readonly met: number; readonly said: string; readonly healedAt: number },
  ): Promise<Omit<CellResult, 'others'>> {
    const verdict = await this.#verdict(logged, (account) => account === customer.account);
    const { lost, duplicated, misrouted, delivered } = verdict;
    const recovered = this.#slowest(logged, (account) => account === customer.account, healedAt).slowest;
    return {
      ...{ call, kind, met, said, expected: wordsOf({ call, kind }), events: delivered, recovered },
      ...{ lost, duplicated, misrouted: misrouted + verdict.misjudged },
    };
  }

  /** What the checker says of some customers' events of a batch. */
  async #verdict(logged: readonly LoggedRecord[], of: (account: string) => boolean): Promise<Verdict> {
    const batch = new Set(logged.map(({ uuid }) => uuid));
    const own = new Map([...this.#sent].filter(([uuid, { account }]) => batch.has(uuid) && of(account ?? '')));
    const buckets = new Set(
      this.#world.customers.filter(({ account }) => of(account)).map(({ bucketName }) => bucketName),
    );
    const verdict = verdictOf({
      isRegistered: this.#world.isRegistered,
      sent: own,
      logged: logged.filter(({ uuid }) => own.has(uuid)),
      rows: this.#lakes.rows.filter(({ uuid, account }) => own.has(uuid) || (of(account) && !this.#sent.has(uuid))),
      rejections: await rejections(this.#world.stream, new Map()),
      ...{ invalid: this.#lakes.invalid, createdTwice: this.#createdTwice(buckets), wentBack: [] },
    });
    for (const sentence of verdict.wrong) this.#options.onNotice(`WRONG ${sentence}`);
    return verdict;
  }

  #createdTwice(buckets: ReadonlySet<string>): string[] {
    const created = this.#world.lakeFaults.puts
      .filter((put) => buckets.has(put.bucketName) && put.status === 200)
      .map(({ bucketName, key }) => `${bucketName}/${key}`);
    return created.filter((object, at) => created.indexOf(object) !== at);
  }

  /** From the append of an event (or from `since`) to its object, at the most, in seconds. */
  #slowest(logged: readonly LoggedRecord[], of: (account: string) => boolean, since: number) {
    const createdAt = new Map<string, number>();
    for (const { bucketName, key, at, status } of this.#world.lakeFaults.puts)
      if (status === 200) createdAt.set(`${bucketName}/${key}`, at);
    const objectOf = new Map(this.#lakes.rows.map(({ uuid, object }) => [uuid, object]));
    let events = 0;
    let slowestMs = 0;
    for (const { uuid, appendedAt } of logged) {
      const created = createdAt.get(objectOf.get(uuid) ?? '');
      if (created === undefined || !of(this.#sent.get(uuid)?.account ?? '')) continue;
      events += 1;
      slowestMs = Math.max(slowestMs, created - Math.max(appendedAt, since));
    }
    return { events, slowest: Math.round(slowestMs / 100) / 10 };
  }
}

interface Status {
  readonly lastError?: { readonly fault: string };
}

function wordsOf(cell: Cell): string {
  const fault = expectedFault(cell);
  return fault === undefined ? 'active' : `failing ${fault}`;
}

function* eventsOf(accounts: readonly string[], batch: number, ratePerSecond: number): Generator<FeedRecord> {
  const run = `grid-${batch}`;
  const options = { accounts, hostsPerAccount: 3, run, seed: batch + 1, startMs: Date.now() };
  for (const record of simulate({ ...options, count: 10_000_000, stepMs: 500 / ratePerSecond }))
    if (classes.includes(record.eventClass)) yield record;
}
