import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Stands before a server of this machine: delays what it answers, and leads new connections elsewhere. */
export class TcpProxy {
  #target: number;
  #delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** `target`: the server's port on 127.0.0.1. */
  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** Listens on a free port of 127.0.0.1, and answers it. */
  async start(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#cutAll();
    await new Promise((done) => this.#server.close(done));
  }

  /** The port of the server behind it. */
  get target(): number {
    return this.#target;
  }

  /** From now on every answer is so much later; 0 for none. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Cuts every connection, and leads new ones to another port. */
  leadTo(target: number): void {
    this.#target = target;
    this.#cutAll();
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1' });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    let turn = Promise.resolve();
    server.on('data', (chunk) => {
      const delayMs = this.#delayMs;
      turn = turn.then(async () => {
        if (delayMs > 0) await pause(delayMs);
        if (!client.destroyed) client.write(chunk);
      });
    });
    server.on('end', () => turn.then(() => client.end()));
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
