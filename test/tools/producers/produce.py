"""Produces what standard input says, by librdkafka: a line for each record, in tab-separated columns.

codec, fate (plain, commit or abort: in a transaction that ends so), headers (0 or 1), partition, key, kind and payload in
base64. Of the kind `avro` the payload is JSON that AvroSerializer encodes, `bytes` are sent as they are, `null` is a
tombstone. Prints `<number of the line> <partition> <offset>` for each record that the broker acknowledged.
"""

import base64
import json
import sys
from itertools import groupby

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

settings = json.loads(sys.argv[1])
topic = settings["topic"]
serialize = AvroSerializer(SchemaRegistryClient({"url": settings["schemaRegistry"]}), json.dumps(settings["schema"]))
context = SerializationContext(topic, MessageField.VALUE)
# The same name twice, one without a value, and bytes that are no text.
headers = [("trace", b"1"), ("trace", b"2"), ("empty", None), ("binary", b"\x00\xff")]


def producer_of(codec, fate):
    config = {
        "bootstrap.servers": settings["brokers"],
        "compression.type": codec,
        "enable.idempotence": True,
        "linger.ms": 50,
    }
    if fate != "plain":
        config["transactional.id"] = f"{settings['unique']}-librdkafka-{codec}-{fate}"
    producer = Producer(config)
    if fate != "plain":
        producer.init_transactions()
        producer.begin_transaction()
    return producer


def value_of(kind, payload):
    if kind == "null":
        return None
    raw = base64.b64decode(payload)
    return serialize(json.loads(raw), context) if kind == "avro" else raw


def reporter(number):
    def report(error, message):
        if error is not None:
            raise RuntimeError(f"record {number}: {error}")
        print(number, message.partition(), message.offset())

    return report


lines = [(number, *line.rstrip("\n").split("\t")) for number, line in enumerate(sys.stdin)]
for codec, records in groupby(lines, key=lambda line: line[1]):
    # Transactions that are committed and aborted are open at the same time, and their records lie in turns.
    producers = {}
    for number, _, fate, has_headers, partition, key, kind, payload in records:
        producer = producers.get(fate) or producers.setdefault(fate, producer_of(codec, fate))
        producer.produce(
            topic,
            value=value_of(kind, payload),
            key=key,
            partition=int(partition),
            headers=headers if has_headers == "1" else None,
            on_delivery=reporter(number),
        )
    for fate, producer in producers.items():
        if producer.flush(60) > 0:
            raise RuntimeError(f"{codec}: not everything was acknowledged")
        if fate == "commit":
            producer.commit_transaction()
        if fate == "abort":
            producer.abort_transaction()
