import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  bodyOf,
  carriedOut,
  errorOf,
  type KnownRequest,
  type LakeCall,
  type LakeFaultKind,
  requestOf,
} from './lake-answers.ts';

/** Whose requests a fault meets: the bucket and the roles of one customer. */
export interface LakeTenant {
  readonly name: string;
  readonly bucketName: string;
  readonly roleARNs: readonly string[];
}

/** A fault to make. */
export interface LakeFault {
  readonly kind: LakeFaultKind;
  readonly call: LakeCall;
  /** Absent: everybody. */
  readonly tenant?: LakeTenant;
}

/** A PutObject that S3 has carried out, whether its sender learnt of it or not. */
export interface SeenPut {
  readonly bucketName: string;
  readonly key: string;
  /** 200, or 412 when an object of that key was there. */
  readonly status: number;
  /** When S3 had done it, ms since the epoch. */
  readonly at: number;
}

interface Active extends LakeFault {
  /** Session tokens that have ended, by bucket. */
  readonly ended: Map<string, Set<string>>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const dripBytes = 4;
const dripEveryMs = 1_000;
const secretHeader = 'x-amz-security-token';

/**
 * Stands before the local S3 and STS and spoils calls as it is told. Everything else is sent on byte for byte, the Host
 * header included, because the signature covers it.
 */
export class LakeFaults {
  readonly #upstream: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;
  readonly #active = new Set<Active>();
  readonly #drips = new Set<() => void>();
  readonly #tokens = new Map<string, Set<string>>();
  /** How often each kind was really met, by call: `PutObject 503`. */
  readonly made = new Map<string, number>();
  /** Every object that S3 took, in order. */
  readonly puts: SeenPut[] = [];

  /** `upstream`: the endpoint of the local AWS. */
  constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** Listens on a free port of 127.0.0.1; answers the URL that takes the endpoint's place. */
  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    this.#agent.destroy();
  }

  /** Makes a fault until the answered function is called. Of several that meet a call, the latest counts. */
  begin(fault: LakeFault): () => void {
    const ended = new Map([...this.#tokens].map(([bucket, tokens]) => [bucket, new Set(tokens)]));
    const active = { ...fault, ended };
    this.#active.add(active);
    return () => {
      this.#active.delete(active);
      if (fault.kind === 'slow') for (const finish of this.#drips) finish();
    };
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const early = requestOf(method, url, () => '');
    // The connection is cut while the body is still under way.
    if (early !== undefined && this.#met(early, incoming)?.kind === 'reset') return this.#cut(early, 'reset', outgoing);
    const body = await bodyBytes(incoming);
    const known = requestOf(method, url, () => body.toString());
    const fault = known === undefined ? undefined : this.#met(known, incoming);
    if (known === undefined || fault === undefined) return send(outgoing, await this.#forward(incoming, body, known));
    if (fault.kind === 'reset') return this.#cut(known, 'reset', outgoing);
    this.#count(known.call, fault.kind);
    if (fault.kind === 'hang') return;
    const answer = carriedOut.has(fault.kind) ? await this.#forward(incoming, body, known) : undefined;
    if (fault.kind === 'lost-answer') return void outgoing.destroy();
    if (fault.kind === 'slow') return this.#drip(outgoing, answer!);
    // Whoever was refused by S3 itself is told that, not that the object is there.
    if (answer !== undefined && answer.status !== 200 && answer.status !== 412) return send(outgoing, answer);
    const error = errorOf(known.call, fault.kind)!;
    const xml = Buffer.from(bodyOf(known.call, error));
    send(outgoing, { status: error.status, headers: { 'content-type': 'application/xml' }, body: xml });
  }

  #met({ call, target }: KnownRequest, { headers }: IncomingMessage): Active | undefined {
    return [...this.#active].findLast((fault) => {
      if (fault.call !== call) return false;
      if (fault.tenant !== undefined && target !== fault.tenant.bucketName && !fault.tenant.roleARNs.includes(target))
        return false;
      return (
        fault.kind !== 'expired' || call === 'AssumeRole' || hasEnded(fault, target, String(headers[secretHeader]))
      );
    });
  }

  #remember({ target }: KnownRequest, { headers }: IncomingMessage): void {
    const token = headers[secretHeader];
    if (token === undefined) return;
    const known = this.#tokens.get(target) ?? new Set();
    this.#tokens.set(target, known.add(String(token)));
  }

  #count(call: LakeCall, kind: LakeFaultKind): void {
    const name = `${call} ${kind}`;
    this.made.set(name, (this.made.get(name) ?? 0) + 1);
  }

  #cut({ call }: KnownRequest, kind: LakeFaultKind, outgoing: ServerResponse): void {
    this.#count(call, kind);
    outgoing.socket?.resetAndDestroy();
  }

  /** Sends the answer a few bytes at a time; what is left when the fault ends comes at once. */
  #drip(outgoing: ServerResponse, answer: Answer): void {
    const { socket } = outgoing;
    if (socket === null) return;
    let left = rawAnswer(answer);
    const write = (count: number) => {
      socket.write(left.subarray(0, count));
      left = left.subarray(count);
      if (left.length === 0) finish();
    };
    const finish = () => {
      clearInterval(timer);
      this.#drips.delete(finish);
      socket.end(left);
    };
    const timer = setInterval(() => write(dripBytes), dripEveryMs);
    this.#drips.add(finish);
    socket.once('close', () => {
      clearInterval(timer);
      this.#drips.delete(finish);
    });
  }

  async #forward(incoming: IncomingMessage, body: Buffer, known: KnownRequest | undefined): Promise<Answer> {
    // The body is here already, so nobody waits for leave to send it.
    const { expect: _, connection: __, ...headers } = incoming.headers;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = httpRequest({
      agent: this.#agent,
      host: this.#upstream.hostname,
      port: this.#upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      bodyBytes(response).then(
        (answered) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answered }),
        reject,
      );
    });
    sent.end(body);
    const answer = await promise;
    if (known?.call === 'PutObject' && (answer.status === 200 || answer.status === 412)) {
      this.#remember(known, incoming);
      this.puts.push({ bucketName: known.target, key: known.key, status: answer.status, at: Date.now() });
    }
    return answer;
  }
}

/** Ended are the sessions that a bucket saw before the fault; where it saw none, the first one that it sees. */
function hasEnded({ ended }: Active, bucket: string, token: string): boolean {
  const tokens = ended.get(bucket) ?? new Set([token]);
  ended.set(bucket, tokens);
  return tokens.has(token);
}

async function bodyBytes(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
const headersOf = ({ headers, body }: Answer) => [
  ...Object.entries(headers).filter(([name]) => !hopByHop.has(name)),
  ['content-length', String(body.length)] as const,
];

function send(outgoing: ServerResponse, answer: Answer): void {
  outgoing.writeHead(answer.status, Object.fromEntries(headersOf(answer)) as IncomingHttpHeaders);
  outgoing.end(answer.body);
}

function rawAnswer(answer: Answer): Buffer {
  const lines = headersOf(answer).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${answer.status} Answer\r\n${lines.join('')}\r\n`), answer.body]);
}
