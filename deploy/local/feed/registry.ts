import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { type AvroSchema, createConfluentRegistry } from '@tributary/stream';
import type { ActivityEncoder } from './feed.ts';
import type { ActivityFields } from './feed-record.ts';

const longFields = new Set<string>(
  (Object.keys(agentFields) as AgentFieldName[]).filter((name) =>
    ['time', 'size', 'long-id'].includes(agentFields[name].type),
  ),
);

/** An activity as its Avro type takes it: with bigint for Avro's long. */
export function avroForm(activity: ActivityFields): Record<string, unknown> {
  const form: Record<string, unknown> = { ...activity };
  for (const name of Object.keys(form)) if (longFields.has(name)) form[name] = BigInt(form[name] as string | number);
  return form;
}

/**
 * Registers the Avro schema of each class as `<topic>-value`, as the agents' producers do, and answers the encoder.
 * The same schema keeps its id. `url` is the base of the Confluent API.
 */
export async function registerActivitySchemas(url: string): Promise<ActivityEncoder> {
  const registry = createConfluentRegistry({ url, now: Date.now });
  const ids = new Map<EventClass, number>();
  for (const eventClass of eventClassNames) {
    const subject = `${agentTopic(eventClass)}-value`;
    const schema = activitySchema(eventClass) as unknown as AvroSchema;
    ids.set(eventClass, await registry.register(subject, schema, { compatibility: 'BACKWARD' }).catch(explain(url)));
  }
  return {
    encode: (eventClass, activity) => registry.encode(ids.get(eventClass)!, avroForm(activity)),
    schemaIdOf: (eventClass) => ids.get(eventClass)!,
  };
}

function explain(url: string) {
  return (error: Error): never => {
    throw new Error(`The schema registry at ${url} did not take our schemas (${error.message}). Is the stack running?`);
  };
}
