import { createServer, type Server, type Socket, connect as tcp } from 'node:net';

/** A hop before Redis that can refuse (`closed`), or swallow everything without an answer (`silent`). */
export class Hop {
  state: 'open' | 'closed' | 'silent' = 'open';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  readonly #target: { readonly hostname: string; readonly port: string };
  port = 0;

  constructor(redisUrl: string) {
    this.#target = new URL(redisUrl);
  }

  async listen(): Promise<void> {
    this.#server = createServer((socket) => this.#pass(socket));
    await new Promise<void>((resolve) => this.#server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as { port: number }).port;
  }

  #pass(inner: Socket): void {
    const outer = tcp(Number(this.#target.port), this.#target.hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => this.state === 'open' && to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }

  async close(): Promise<void> {
    this.state = 'closed';
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  async reopen(): Promise<void> {
    this.state = 'open';
    await this.listen();
  }
}
