import { randomBytes } from 'node:crypto';
import type { ActivityEncoder } from '@tributary/local/feed/feed.ts';
import { type Activity, jsonOf } from '@tributary/local/feed/feed-record.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord } from '@tributary/stream';

/** Fields by which an event finds its customer, and addresses, without which OCSF takes no network activity. */
const needed = /^(uuid|accountId|endpointGuid|src|dst)$/;

/** Events and requests with a text in every place that a customer or an agent fills, so that it is found wherever it goes. */
export class Marked {
  /** Lower-case letters, digits and hyphens, so that it may stand anywhere. */
  readonly text = `marked-${randomBytes(6).toString('hex')}`;
  readonly #account: string;
  readonly #encoder: ActivityEncoder;

  constructor(account: string, encoder: ActivityEncoder) {
    this.#account = account;
    this.#encoder = encoder;
  }

  /** Sound events of every class, as JSON and as Avro. */
  async sound(): Promise<OutgoingRecord[]> {
    const records: OutgoingRecord[] = [];
    for (const eventClass of eventClassNames) {
      const more = { [`field-${this.text}`]: { [this.text]: [this.text] } };
      const json = { ...JSON.parse(jsonOf(this.#activity(eventClass)).toString()), ...more };
      records.push(this.#record(eventClass, Buffer.from(JSON.stringify(json))));
      records.push(this.#record(eventClass, await this.#encoder.encode(eventClass, this.#activity(eventClass))));
    }
    return records;
  }

  /** What can't be delivered, each in another way. */
  poison(): OutgoingRecord[] {
    const eventClass = 'process-activity';
    const { text } = this;
    const sound = JSON.parse(jsonOf(this.#activity(eventClass)).toString());
    const avro = (id: number) =>
      Buffer.concat([Buffer.from([0, 0, 0, id >> 8, id & 255]), Buffer.from(text.repeat(9))]);
    const values: (Buffer | string | null)[] = [
      text,
      JSON.stringify(text),
      JSON.stringify([text]),
      `{"accountId":"${text}`,
      `{${text}: 1}`,
      `{"accountId":"${this.#account}", ${text}`,
      ...['accountId', 'eventTime', 'eventId'].map((name) => JSON.stringify({ ...sound, [name]: text })),
      avro(this.#encoder.schemaIdOf(eventClass)),
      avro(54_321),
      null,
    ];
    return values.map((value) => this.#record(eventClass, value));
  }

  #activity(eventClass: EventClass): Activity {
    const options = { hostsPerAccount: 1, run: this.text, seed: 3, startMs: Date.now(), count: 300, stepMs: 1 };
    for (const { payload, ...record } of simulate({ accounts: [this.#account], ...options })) {
      if (record.eventClass !== eventClass || !('activity' in payload)) continue;
      const texts = (Object.keys(agentFields) as AgentFieldName[]).filter(
        (name) => agentFields[name].type === 'string' && !needed.test(name) && name in payload.activity,
      );
      return { ...payload.activity, ...Object.fromEntries(texts.map((name) => [name, this.text])) };
    }
    throw new Error(`the fleet has no ${eventClass}`);
  }

  #record(eventClass: EventClass, value: Buffer | string | null): OutgoingRecord {
    const { text } = this;
    const headers = { traceparent: text.padEnd(55, '0'), tracestate: `a=${text}`, baggage: `a=${text}`, [text]: text };
    return { topic: agentTopic(eventClass), partition: 0, key: text, value, headers };
  }
}

/** Requests with the text in every place, of which none can be done. `apiKey` is a good one; `providerAccountID` is a lake's. */
export function markedRequests(text: string, apiKey: string, providerAccountID: string): [string, RequestInit][] {
  const everywhere = {
    ...{ 'api-version': 'v1', 'x-request-id': text, 'idempotency-key': text, 'if-match': `"${text}"` },
    ...{ 'user-agent': text, 'x-forwarded-for': text, cookie: text, tracestate: `a=${text}`, [text]: text },
  };
  const good = { ...everywhere, authorization: `ApiKey ${apiKey}`, 'content-type': 'application/json' };
  const post = (body: unknown): RequestInit => ({
    method: 'POST',
    headers: good,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const path = '/api/registrations/';
  const lake = { eventClass: 'dns-activity', providerAccountID, prefix: `ext/${text}` };
  const roleARN = `arn:aws:iam::${providerAccountID}:role/${text}`;
  const bucketName = `aws-security-data-lake-us-east-1-${text}`;
  return [
    [path, { headers: { ...everywhere, authorization: `ApiKey ${text}:${text}` } }],
    [path, { headers: { ...everywhere, authorization: `ApiKey ${apiKey}${text}` } }],
    [path, { headers: { ...everywhere, authorization: `Bearer ${text}` } }],
    [`${path}${text}?${text}=${text}`, { headers: good }],
    [`/${text}/%${text}`, { headers: good }],
    [`${path}?limit=${text}&cursor=${text}`, { headers: good }],
    [path, { ...post(text), headers: { ...good, 'content-type': `text/${text}` } }],
    [path, post(`{"bucketName":"${text}`)],
    [path, post(text)],
    [path, post({ ...lake, [text]: text, bucketName: text.toUpperCase(), roleARN: text, externalId: text })],
    // These are read, and tried out: AWS refuses the role and the bucket, and says so in its own words.
    [path, post({ ...lake, bucketName, roleARN })],
    [`${path}dns-activity`, { ...post({ ...lake, bucketName, roleARN }), method: 'PUT' }],
  ];
}
