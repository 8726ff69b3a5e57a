/**
 * What an event costs, as docs/performance.md measured it (2 cores of an AMD EPYC, code that had hardly been compiled:
 * the dearer figures of each pair). A plan is no better than these: measure on your own machines and change them.
 */
export const measured = {
  /** µs of one thread, for an event from its bytes to its hand-off message. */
  consumerMicros: { avro: 61, json: 78 },
  /** µs of the flusher's main thread to read a row. */
  collectMicros: 6,
  /** µs of an encoding thread to make sorted zstd Parquet of a row. */
  encodeMicros: 42,
  /** Bytes of an event's value as an agent sends it. */
  agentBytes: { avro: 1_115, json: 1_979 },
  /** Bytes of its row in a hand-off message, before compression and in a flusher's memory. */
  handoffBytes: 1_469,
  /** What a hand-off message costs beside its rows: µs of the consumer, of the flusher's main and encoding threads, and bytes. */
  message: { consumerMicros: 2_300, collectMicros: 1_000, encodeMicros: 2_700, bytes: 28_000 },
  /** What an object costs beside its rows, µs of the encoding thread. */
  object: { encodeMicros: 11_000 },
  /** Bytes of its row in an object. */
  objectBytes: 221,
  /** Resident bytes of a consumer that is sent the worst texts there are. */
  consumerResidentBytes: 950e6,
} as const;

/** What nobody has measured: choices, each with its reason. */
export const chosen = {
  /** Share of a thread that is planned for: the rest is for rebalances and for catching up. */
  utilisation: 0.5,
  /** A cut must be encoded within so many seconds, or freshness (a window and 60 s) is not kept. */
  encodeWithinSeconds: 30,
  /** So many of each service at least, one in each zone. */
  replicasMin: 3,
  /** Memory of a flusher beside its budget: Node, the Kafka client, an encoder and the objects of a cut. */
  flusherBaseBytes: 1_000e6,
  /** Sessions last an hour and are renewed five minutes before their end. */
  sessionSeconds: 3_300,
  /** Objects of a registration, AWS account and window: more than one where events are of the day before. */
  objectsPerWindow: 1.05,
} as const;
