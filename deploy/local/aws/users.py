"""The users of users.json with their fixed keys, there before the first request."""

import json
from pathlib import Path

from moto.iam.models import iam_backends


def seed():
    users = json.loads(Path(__file__).with_name("users.json").read_text())
    for user in users.values():
        backend = iam_backends[user["accountId"]]["aws"]
        backend.create_user("us-east-1", user["user"])
        key = backend.create_access_key(user["user"])
        del backend.access_keys[key.physical_resource_id]
        key.access_key_id = user["accessKeyId"]
        key.secret_access_key = user["secretAccessKey"]
        backend.access_keys[key.physical_resource_id] = key
        backend.put_user_policy(user["user"], "own", json.dumps(user["policy"]))
