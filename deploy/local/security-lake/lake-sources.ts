import type { customerClients } from '../demo/customer.ts';
import type { Endpoints } from '../endpoints.ts';
import { hasRole, makeBucket, makeProviderRole, removeProviderRole } from './provider-role.ts';

/** An error as the API answers it: the name of its exception, the status, and a sentence. */
export class ApiError extends Error {
  readonly status: number;
  constructor(name: string, status: number, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

interface Source {
  readonly sourceName: string;
  readonly sourceVersion?: string;
  readonly provider: { readonly location: string; readonly roleArn: string };
}

interface CreateRequest {
  readonly sourceName: string;
  readonly sourceVersion?: string;
  readonly eventClasses?: readonly string[];
  readonly configuration: {
    readonly crawlerConfiguration: { readonly roleArn: string };
    readonly providerIdentity: { readonly principal: string; readonly externalId: string };
  };
}

// AWS, "Collecting data from custom sources" and CreateCustomLogSource.
const sourcesMax = 50;
const nameLengthMax = 20;
const pageSize = 4;

/** The custom sources of the one account that the stand-in serves. */
export class LakeSources {
  readonly #endpoints: Endpoints;
  readonly #bucketName: string;
  readonly #clients: ReturnType<typeof customerClients>;
  readonly #sources = new Map<string, Source>();

  constructor(
    { endpoints, bucketName }: { readonly endpoints: Endpoints; readonly bucketName: string },
    clients: ReturnType<typeof customerClients>,
  ) {
    this.#endpoints = endpoints;
    this.#bucketName = bucketName;
    this.#clients = clients;
  }

  /** The answer of an operation to an input that keeps its shape. */
  async handle(operation: string, input: object): Promise<object> {
    if (operation === 'ListDataLakes') return this.#lakes();
    if (operation === 'ListLogSources') return this.#list(input as { nextToken?: string });
    if (operation === 'CreateCustomLogSource') return { source: await this.#create(input as CreateRequest) };
    if (operation === 'DeleteCustomLogSource') return this.#remove((input as { sourceName: string }).sourceName);
    throw new ApiError('InternalServerException', 500, `The stand-in has no ${operation}.`);
  }

  #lakes(): object {
    const { awsRegion: region, awsUsers } = this.#endpoints;
    const dataLakeArn = `arn:aws:securitylake:${region}:${awsUsers.customer.accountId}:data-lake/default`;
    const lake = { region, dataLakeArn, createStatus: 'COMPLETED', s3BucketArn: `arn:aws:s3:::${this.#bucketName}` };
    return { dataLakes: [lake] };
  }

  /** In small pages, so that who lists must read them all. */
  #list({ nextToken }: { readonly nextToken?: string }): object {
    const from = Number(nextToken ?? 0);
    const all = [...this.#sources.values()].map((customLogSource) => ({ customLogSource }));
    const { awsRegion: region, awsUsers } = this.#endpoints;
    const page = { account: awsUsers.customer.accountId, region, sources: all.slice(from, from + pageSize) };
    const next = from + pageSize;
    return {
      sources: page.sources.length === 0 ? [] : [page],
      ...(next < all.length ? { nextToken: String(next) } : {}),
    };
  }

  async #create({ sourceName, sourceVersion, configuration }: CreateRequest): Promise<Source> {
    const { crawlerConfiguration, providerIdentity } = configuration;
    if (sourceName.length > nameLengthMax)
      throw new ApiError('BadRequestException', 400, `sourceName must have at most ${nameLengthMax} characters.`);
    if (this.#sources.has(sourceName))
      throw new ApiError('ConflictException', 409, `The custom source ${sourceName} exists already.`);
    if (this.#sources.size >= sourcesMax)
      throw new ApiError('BadRequestException', 400, `An account has at most ${sourcesMax} custom sources.`);
    if (!(await hasRole(this.#clients, crawlerConfiguration.roleArn)))
      throw new ApiError('BadRequestException', 400, `The role ${crawlerConfiguration.roleArn} does not exist.`);
    await makeBucket(this.#clients, this.#bucketName);
    const prefix = `ext/${sourceName}/${sourceVersion === undefined ? '' : `${sourceVersion}/`}`;
    const roleName = `AmazonSecurityLake-Provider-${sourceName}-${this.#endpoints.awsRegion}`;
    const roleArn = await makeProviderRole(this.#clients, {
      roleName,
      bucketName: this.#bucketName,
      prefix,
      ...providerIdentity,
    });
    const provider = { location: `s3://${this.#bucketName}/${prefix}`, roleArn };
    const source = { sourceName, ...(sourceVersion === undefined ? {} : { sourceVersion }), provider };
    this.#sources.set(sourceName, source);
    return source;
  }

  async #remove(sourceName: string): Promise<object> {
    const source = this.#sources.get(sourceName);
    if (source === undefined)
      throw new ApiError('ResourceNotFoundException', 404, `There is no custom source ${sourceName}.`);
    await removeProviderRole(
      this.#clients,
      source.provider.roleArn.slice(source.provider.roleArn.lastIndexOf('/') + 1),
    );
    this.#sources.delete(sourceName);
    return {};
  }
}
