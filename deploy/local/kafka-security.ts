import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafkajsStream } from '@tributary/stream';
import type { Place } from './part.ts';

/** A broker that asks everybody who he is and allows only what its ACLs say, for tests of just that. */
export interface KafkaSecurity {
  /** What it proves itself with (PEM, a key in PKCS #8); clients trust `cert`. */
  readonly identity: { readonly key: string; readonly cert: string };
  /** Users of SCRAM-SHA-512 with their passwords. */
  readonly users: Readonly<Record<string, string>>;
  /** The one of them who may do everything. */
  readonly admin: string;
  /** Who signs tokens for OAUTHBEARER; absent: nobody comes with one. */
  readonly oauth?: { readonly jwksUrl: string; readonly issuer: string; readonly audience: string };
}

const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const oauthModule = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
const oauthValidator = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler';

const passwordOf = ({ users, admin }: KafkaSecurity) => users[admin]!;

/** Broker settings on top of the plain ones; writes the key and certificate where they say. */
export function securityProperties(place: Place, security: KafkaSecurity): Record<string, string | number | boolean> {
  const { admin, identity, oauth } = security;
  const run = join(place.directory, 'run');
  mkdirSync(run, { recursive: true });
  const [keyFile, caFile] = [join(run, 'kafka.pem'), join(run, 'kafka-ca.pem')];
  writeFileSync(keyFile, `${identity.key}\n${identity.cert}\n`, { mode: 0o600 });
  writeFileSync(caFile, identity.cert);
  const login = `username="${admin}" password="${passwordOf(security)}"`;
  return {
    'listener.security.protocol.map': 'CLIENT:SASL_SSL,CONTROLLER:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': oauth === undefined ? 'SCRAM-SHA-512' : 'SCRAM-SHA-512,OAUTHBEARER',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config': `${scramModule} required ${login};`,
    // The quorum has its own way to log in: users of SCRAM are known only once it runs.
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': `${plainModule} required ${login} user_${admin}="${passwordOf(security)}";`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${admin}`,
    'allow.everyone.if.no.acl.found': false,
    ...(oauth === undefined
      ? {}
      : {
          'listener.name.client.oauthbearer.sasl.jaas.config': `${oauthModule} required;`,
          'listener.name.client.oauthbearer.sasl.server.callback.handler.class': oauthValidator,
          'listener.name.client.oauthbearer.sasl.oauthbearer.jwks.endpoint.url': oauth.jwksUrl,
          'listener.name.client.oauthbearer.sasl.oauthbearer.expected.issuer': oauth.issuer,
          'listener.name.client.oauthbearer.sasl.oauthbearer.expected.audience': oauth.audience,
        }),
  };
}

/** Options of Java that the settings need. */
export const securityOptions = ({ oauth }: KafkaSecurity): string[] =>
  oauth === undefined ? [] : [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${oauth.jwksUrl}`];

/** Arguments of the storage tool: the users stand in the cluster’s metadata from its first moment. */
export const userArguments = ({ users }: KafkaSecurity): string[] =>
  Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);

/** Rejects until the administrator can log in and list topics. */
export async function checkSecuredBroker(port: number, security: KafkaSecurity): Promise<void> {
  const nothing = () => undefined;
  const admin = createKafkajsStream({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'tributary-stack',
    ssl: { ca: security.identity.cert },
    sasl: { mechanism: 'scram-sha-512', username: security.admin, password: passwordOf(security) },
    log: { info: nothing, warn: nothing, error: nothing, debug: nothing },
  }).admin();
  await admin.partitionCounts([]).finally(() => admin.close());
}
