import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { type ClassTotals, Completeness } from '@tributary/local/demo/completeness.ts';
import type { DemoCustomer } from '@tributary/local/demo/customer.ts';
import { endOfRejected, startFeeding, welcome } from '@tributary/local/demo/demo.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { Observer } from '@tributary/local/demo/observer.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Offset, Stream } from '@tributary/stream';
import { until } from './until.ts';

interface CustomerOptions {
  readonly dir: string;
  readonly stream: Stream;
  readonly windowSeconds: number;
  readonly demo: DemoCustomer;
  /** The lakes of all customers, as their owner reads them. */
  readonly s3: S3Client;
}

interface CustomerParts {
  readonly observer: Observer;
  readonly proof: Completeness;
  readonly receiptsFrom: Offset;
}

/** A customer of one test: what is fed for it, and the proof of what became of that. */
export class Customer {
  readonly proof: Completeness;
  readonly #options: CustomerOptions;
  readonly #lake: LakeContents;
  readonly #observer: Observer;
  readonly #receiptsFrom: Offset;
  /** Who waits for what was never fed must not wait long. */
  #feedFailed: Error | undefined;

  private constructor(options: CustomerOptions, lake: LakeContents, parts: CustomerParts) {
    this.#options = options;
    this.#lake = lake;
    this.#observer = parts.observer;
    this.#receiptsFrom = parts.receiptsFrom;
    this.proof = parts.proof;
  }

  get account(): string {
    return this.#options.demo.account;
  }

  get bucketName(): string {
    return this.#options.demo.bucketName;
  }

  /** Makes the lake and the registrations. The services run already. */
  static async welcome(options: CustomerOptions): Promise<Customer> {
    const { dir, stream, demo, s3 } = options;
    const proof = new Completeness((account) => account === demo.account);
    const lake = new LakeContents(s3);
    const sources = await welcome(dir, [demo], () => {});
    const rejectedFrom = await endOfRejected(stream);
    const observer = new Observer({ stream, lake, sources, proof, rejectedFrom });
    const admin = stream.admin();
    const [receipts] = await admin.ends(receiptsTopic);
    await admin.close();
    return new Customer(options, lake, { observer, proof, receiptsFrom: receipts!.high });
  }

  /** Its account and its lake. */
  get demo(): DemoCustomer {
    return this.#options.demo;
  }

  /**
   * Feeds events of all classes from ten hosts, a third of them as JSON; resolves when all are acknowledged, or all that
   * were fed before `signal` said to stop.
   */
  feed(count: number, ratePerSecond: number, signal = new AbortController().signal): Promise<void> {
    const { dir, stream, demo } = this.#options;
    const run = `fault-${randomBytes(4).toString('hex')}`;
    const records = () =>
      simulate({
        accounts: [demo.account],
        hostsPerAccount: 10,
        run,
        seed: 1,
        startMs: Date.now(),
        count,
        stepMs: 1000 / ratePerSecond,
      });
    const options = { dir, run, records, ratePerSecond, jsonShare: 0.33 };
    const fed = startFeeding(options, readEndpoints(dir), stream, this.proof, signal);
    fed.catch((error: Error) => {
      this.#feedFailed = error;
    });
    return fed;
  }

  /** From now on its bucket's own policy lets nobody put anything. */
  async refuse(): Promise<void> {
    const Bucket = this.bucketName;
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await this.#options.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  }

  /** Its bucket takes objects again. */
  async accept(): Promise<void> {
    await this.#options.s3.send(new DeleteBucketPolicyCommand({ Bucket: this.bucketName }));
  }

  /** What became of everything, all classes together, as of now. */
  async look(): Promise<Pick<ClassTotals, 'fed' | 'delivered' | 'rejected' | 'waiting'>> {
    if (this.#feedFailed !== undefined) throw this.#feedFailed;
    await this.#observer.look();
    const sum = (key: 'fed' | 'delivered' | 'rejected' | 'waiting') =>
      this.proof.totals().reduce((all, totals) => all + totals[key], 0);
    return { fed: sum('fed'), delivered: sum('delivered'), rejected: sum('rejected'), waiting: sum('waiting') };
  }

  /** Resolves when something was delivered: events flow. */
  async flowing(): Promise<void> {
    await until('a first object', 30_000, async () => (await this.look()).delivered > 0);
  }

  /**
   * Waits until nothing is missing, and for one window more, with which a row too many would come. Answers all that is
   * wrong, which must be nothing.
   */
  async settled(withinMs = 60_000): Promise<readonly string[]> {
    try {
      await until('everything delivered', withinMs, async () => (await this.look()).waiting === 0);
    } catch {
      const totals = JSON.stringify(await this.look());
      return [`not complete within ${withinMs / 1000} s: ${totals}`, ...this.proof.wrong()];
    }
    await delay(1.2 * this.#options.windowSeconds * 1000);
    const { rejected } = await this.look();
    return rejected === 0 ? this.proof.wrong() : [`${rejected} events were rejected`, ...this.proof.wrong()];
  }

  /** The names of all objects in the lake. */
  async names(): Promise<string[]> {
    const keys = await this.#lake.keys(this.#options.demo.bucketName);
    return keys.map((key) => key.slice(key.lastIndexOf('/') + 1));
  }

  /** The receipts of this customer so far, in order. */
  async receipts(): Promise<Receipt[]> {
    const { stream, demo } = this.#options;
    const found: Receipt[] = [];
    await stream.read({
      topic: receiptsTopic,
      partition: 0,
      from: this.#receiptsFrom,
      onRecord: ({ value }) => {
        const receipt = JSON.parse(value!.toString()) as Receipt;
        if (receipt.registration.startsWith(`${demo.account}/`)) found.push(receipt);
      },
    });
    return found;
  }
}
