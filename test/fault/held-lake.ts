import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A put of an object that was held, and how the lake answered when it came there at last. */
export interface HeldPut {
  readonly path: string;
  status?: number;
}

/**
 * A way to the lakes on which puts of objects can be held: they have left the flusher, and the lake knows nothing of
 * them until they are let go. Everything else goes through at once.
 */
export class HeldLake {
  readonly held: HeldPut[] = [];
  /** Every object that was created by this way, in order; `at` as `performance.now()` has it. */
  readonly created: { readonly path: string; readonly at: number }[] = [];
  /** Requests so far: puts of objects into lakes, and assumed roles. */
  readonly requests = { puts: 0, assumedRoles: 0 };
  readonly #server: Server;
  readonly #waiting: (() => void)[] = [];
  #isHolding = false;
  #holdMax = Number.POSITIVE_INFINITY;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** A way to the lakes at `target`. */
  static async open(target: string): Promise<HeldLake> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const lake = new HeldLake(server);
    server.on('request', (from: IncomingMessage, to: ServerResponse) => {
      lake.#pass({ hostname, port: Number(port) }, from, to).catch((error: Error) => to.destroy(error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return lake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Holds what is put from now on, at most so many. */
  hold(max = Number.POSITIVE_INFINITY): void {
    this.#isHolding = true;
    this.#holdMax = max;
  }

  /** Lets all that is held through, and holds nothing more. */
  letGo(): void {
    this.#isHolding = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    this.letGo();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(target: { hostname: string; port: number }, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk as Buffer);
    const isPut = from.method === 'PUT' && (from.url ?? '').includes('.parquet');
    if (isPut) this.requests.puts++;
    if (chunks.some((chunk) => chunk.includes('Action=AssumeRole'))) this.requests.assumedRoles++;
    const put = isPut && this.#isHolding && this.held.length < this.#holdMax ? { path: from.url! } : undefined;
    if (put) {
      this.held.push(put);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const { method, url: path, headers } = from;
    const onward = request({ ...target, method, path, headers }, (answer) => {
      if (put) (put as HeldPut).status = answer.statusCode!;
      if (isPut && answer.statusCode === 200) this.created.push({ path: path!, at: performance.now() });
      if (to.destroyed) return void answer.resume();
      to.writeHead(answer.statusCode!, answer.rawHeaders);
      answer.pipe(to);
    });
    onward.on('error', (error) => to.destroy(error));
    onward.end(Buffer.concat(chunks));
  }
}
