"""Reads the Parquet files that standard input names, one a line, and prints each file's rows as one line of JSON."""

import datetime
import json
import sys

import pyarrow.parquet as parquet


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


for line in sys.stdin:
    # A single file: its folders' names are no columns of it.
    rows = parquet.ParquetFile(line.strip()).read().to_pylist()
    print(json.dumps(rows, default=plain), flush=True)
