import type { AclRule } from '@tributary/schemas/kafka/acls.ts';
import kafkajs, { type AclEntry, type AclFilter } from 'kafkajs';
import { createClient, type KafkaConnection } from './kafkajs-client.ts';

/** One right of one user of a cluster, such as `User:consumer`, from any host. */
export interface KafkaAcl extends Omit<AclRule, 'principal'> {
  readonly principal: string;
}

/** The rights that a cluster’s authoriser knows; for a user who may alter the cluster. */
export interface KafkaAccess {
  /** What this user (`User:…`) is allowed, of what a rule of ours may say. */
  list(principal: string): Promise<KafkaAcl[]>;
  add(acls: readonly KafkaAcl[]): Promise<void>;
  remove(acls: readonly KafkaAcl[]): Promise<void>;
  close(): Promise<void>;
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
  Create: AclOperationTypes.CREATE,
} as const;
const resourceTypes = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
} as const;
const patterns = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED } as const;

const nameOf = <Name extends string>(table: Readonly<Record<Name, number>>, value: number) =>
  (Object.keys(table) as Name[]).find((name) => table[name] === value);

/** The authoriser of the cluster that is reached by `connection`. */
export function createKafkajsAccess(connection: KafkaConnection): KafkaAccess {
  const client = createClient(connection);
  const admin = client.kafka.admin();
  let connected: Promise<void> | undefined;
  const ready = () => (connected ??= admin.connect());
  return {
    async list(principal) {
      await ready();
      const { resources } = await admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        principal,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ALLOW,
      });
      return resources.flatMap(({ resourceName: name, resourceType, resourcePatternType, acls }) =>
        acls.flatMap((acl) => {
          const found = {
            operation: nameOf(operations, acl.operation),
            resourceType: nameOf(resourceTypes, resourceType),
            pattern: nameOf(patterns, resourcePatternType),
          };
          const isOurs = Object.values(found).every((part) => part !== undefined);
          return isOurs ? [{ ...(found as Omit<KafkaAcl, 'principal' | 'name'>), principal: acl.principal, name }] : [];
        }),
      );
    },
    async add(acls) {
      await ready();
      if (acls.length > 0) await admin.createAcls({ acl: acls.map(entryOf) });
    },
    async remove(acls) {
      await ready();
      if (acls.length > 0) await admin.deleteAcls({ filters: acls.map(entryOf) as AclFilter[] });
    },
    async close() {
      await admin.disconnect().catch(() => undefined);
      client.cut();
    },
  };
}

function entryOf({ principal, operation, resourceType, name, pattern }: KafkaAcl): AclEntry {
  return {
    principal,
    host: '*',
    operation: operations[operation],
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: resourceTypes[resourceType],
    resourceName: name,
    resourcePatternType: patterns[pattern],
  };
}
