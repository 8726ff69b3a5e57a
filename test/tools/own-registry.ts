import { createServer, type Server } from 'node:http';

/** A schema registry that can be away: passes what it is asked on to another, or answers 503. */
export class OwnRegistry {
  isAway = false;
  readonly #server: Server;
  readonly #path: string;

  constructor(target: string) {
    const { origin, pathname } = new URL(target);
    this.#server = createServer(async (request, response) => {
      if (this.isAway) return void response.writeHead(503).end();
      const answer = await fetch(`${origin}${request.url}`);
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      response.end(await answer.text());
    });
    this.#path = pathname;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}${this.#path}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
