"""Reads what Weights & Biases wrote of an offline run, and what `wandb sync` would upload."""

import json
import time
from pathlib import Path

HEADER_LENGTH, BLOCK_LENGTH, CHUNK_HEADER_LENGTH = 7, 32_768, 7
GIVEN_UP_SECONDS, WAIT_SECONDS = 1200, 0.1
FULL, LAST = 1, 4  # kinds of chunks that end a record


def read_records(dirname: Path) -> dict[str, list]:
    """Return the records of the one run below a directory, by their type, as soon as all are written."""
    end = time.monotonic() + GIVEN_UP_SECONDS
    while time.monotonic() < end:
        filenames = [*dirname.glob("wandb/offline-run-*/run-*.wandb")]
        assert len(filenames) <= 1
        for filename in filenames:
            records = _records_of(filename.read_bytes())
            if "exit" in records:
                return records
        time.sleep(WAIT_SECONDS)  # W&B writes from a process of its own
    raise AssertionError(f"{dirname} has no run that came to its end")


def values_of(items) -> dict:
    """Return the keys and values of a configuration, a history or a summary."""
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _records_of(log: bytes) -> dict[str, list]:
    from wandb.proto.wandb_internal_pb2 import Record

    records: dict[str, list] = {}
    for content in _split(log):
        record = Record.FromString(content)
        kind = record.WhichOneof("record_type")
        records.setdefault(kind, []).append(getattr(record, kind))
    return records


def _split(content: bytes):
    """Yield the records of a log in LevelDB's format: chunks with a checksum (4 bytes), a length (2) and a kind (1)."""
    position, record = HEADER_LENGTH, b""
    while position + CHUNK_HEADER_LENGTH <= len(content):
        left_in_block = BLOCK_LENGTH - position % BLOCK_LENGTH
        if left_in_block < CHUNK_HEADER_LENGTH:
            position += left_in_block
            continue
        start = position + CHUNK_HEADER_LENGTH
        position = start + int.from_bytes(content[position + 4 : position + 6], "little")
        if position > len(content):
            return  # W&B is still writing this chunk
        record += content[start:position]
        if content[start - 1] in (FULL, LAST):
            yield record
            record = b""
