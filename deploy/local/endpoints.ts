import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { ReplicaName } from './replicas.ts';

/** The root of the repository; relative stack directories are meant from here, whatever the working directory is. */
export const repositoryRoot = resolve(import.meta.dirname, '../..');

/** A user with a fixed key that the local AWS knows from its first request. */
export interface AwsUser {
  readonly accountId: string;
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Who may do what in the local AWS (the policies stand in `aws/users.json`). */
export interface AwsUsers {
  /** Administrator of the customer's account: makes the lake's buckets and roles. */
  readonly customer: AwsUser;
  /** Our service, in our account: may `sts:AssumeRole`, and use the bucket for parked objects. */
  readonly service: AwsUser;
  /** Administrator of our own account: makes the bucket for parked objects. */
  readonly operator: AwsUser;
  /** Administrator of a third account that nobody trusts. */
  readonly outsider: AwsUser;
}

/** Where the parts of a local stack are. Everything listens on 127.0.0.1 only. */
export interface Endpoints {
  /** Bootstrap server, `host:port`. */
  readonly kafka: string;
  /** Base URL of the Confluent API. */
  readonly schemaRegistry: string;
  /** `redis://host:port`, database 0. */
  readonly redis: string;
  /** One endpoint for S3 (path style), STS and IAM; region `awsRegion`. */
  readonly aws: string;
  readonly awsRegion: string;
  readonly awsUsers: AwsUsers;
  /** Our own bucket for parked objects; only the service and the operator get in. */
  readonly parkingBucket: string;
  /** The first port of the stack; `ports.ts` says which of the next ones belongs to whom. */
  readonly portBase: number;
  /** Base URL of the registration service; absent while it doesn't run. */
  readonly registration?: string;
  /** `<id>:<secret>` of a first customer; absent until the services have been started. */
  readonly apiKey?: string;
  /** Our 12-digit account of that customer. */
  readonly accountId?: string;
  /**
   * Base URLs of the services' operations (`/metrics`, `/healthz`, `/readyz`); absent while they don't run. Where several
   * processes of a service run, each stands under its own name, and the first one also under that of the service.
   */
  readonly metrics?: Readonly<Partial<Record<ReplicaName, string>>>;
}

const stackKeys = ['kafka', 'schemaRegistry', 'redis', 'aws'] as const;
const optionOf = { kafka: 'kafka', schemaRegistry: 'schema-registry', redis: 'redis', aws: 'aws' } as const;

/** The stack's directory as an absolute path: `dir`, else TRIBUTARY_LOCAL_DIR, else `.local` in the repository. */
export function stackDirectory(dir: string | undefined = process.env.TRIBUTARY_LOCAL_DIR): string {
  return resolve(repositoryRoot, dir || '.local');
}

const shown = (path: string) => {
  const short = relative(repositoryRoot, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
};

const endpointsFile = (directory: string) => join(directory, 'run/endpoints.json');

/**
 * The endpoints of the stack in `dir` (see `stackDirectory`). Throws with a sentence that says how to start it when
 * there is none, also on the first use of a part that this stack was started without.
 */
export function readEndpoints(dir?: string): Endpoints {
  const directory = stackDirectory(dir);
  const option = directory === join(repositoryRoot, '.local') ? '' : ` --dir ${shown(directory)}`;
  if (!existsSync(endpointsFile(directory)))
    throw new Error(`No stack runs in ${shown(directory)}. Start it with: npx tributary stack up${option}`);
  const found = JSON.parse(readFileSync(endpointsFile(directory), 'utf8')) as Partial<Endpoints>;
  for (const key of stackKeys) {
    if (found[key] !== undefined) continue;
    Object.defineProperty(found, key, {
      get() {
        throw new Error(
          `The stack in ${shown(directory)} runs without ${optionOf[key]}. ` +
            `Start it with: npx tributary stack up --only ${optionOf[key]}${option}`,
        );
      },
    });
  }
  return found as Endpoints;
}

/** Adds `changes` to the file (a key with `undefined` is taken out), in one atomic rename. Makes it when absent. */
export function writeEndpoints(
  dir: string,
  changes: Partial<{ [Key in keyof Endpoints]: Endpoints[Key] | undefined }>,
) {
  const file = endpointsFile(stackDirectory(dir));
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Endpoints>) : {};
  mkdirSync(join(file, '..'), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ ...before, ...changes }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
