"""A record as it arrives, looked at before anybody believes it: source, key, number and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import orjson

from shared.bus import wire
from shared.bus.port import LARGEST_RECORD
from shared.contracts.letter import Envelope
from shared.keeping import SHOWN_BYTES

LAST_SEQ = 2**63 - 1
LAST_MS = 253_402_300_799_000
"""The end of the year 9999: what a stranger dates later has no date that Python could hold."""
HEADERS_SHOWN = 40
STRINGS = ("type", "area_code", "agency", "traceparent")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A consumed record whose date can be read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]

    @classmethod
    def of(cls, record: wire.Record) -> Self:
        return cls(
            record.topic,
            record.partition,
            record.offset,
            min(max(record.timestamp, 0), LAST_MS),
            record.key,
            record.value,
            [(name, value or b"") for name, value in record.headers],
        )


def arrived(record: wire.Record) -> Envelope:
    """The letter in a record; what is none, or not what it says, comes as `UNREADABLE`."""
    found = Arrived.of(record)
    if (size := _bytes(found)) > LARGEST_RECORD:
        return _strange(found, f"it has {size:,} bytes, more than {LARGEST_RECORD:,}")
    letter = wire.read(found)
    if letter.type == wire.UNREADABLE:
        return letter
    flaw = _flaw(found, letter)
    return letter if flaw is None else _strange(found, flaw)


def _bytes(record: Arrived) -> int:
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.value or b"") + headers


def _flaw(record: Arrived, letter: Envelope) -> str | None:
    headers = dict(record.headers)
    if headers.get("ce_source") != f"/{letter.source}".encode():
        return "its source is not the service that writes such letters"
    key = wire.key_of(letter)
    if record.key != key or headers.get("ce_partitionkey", key) != key:
        return "its key is not that of whom it speaks"
    if not 0 < letter.seq <= LAST_SEQ:
        return "its number is not one that an outbox gives"
    if any("\x00" in (getattr(letter, name) or "") for name in STRINGS):
        return "a header holds a character that no text may hold"
    return None


def _strange(record: Arrived, why: str) -> Envelope:
    """The envelope round it, under the record's own key; the beginning of what it held is kept."""
    bare = wire.read(replace(record, headers=(), value=(record.value or b"")[:SHOWN_BYTES]))
    shown = [
        [name[:SHOWN_BYTES], value[:SHOWN_BYTES].decode(errors="replace")]
        for name, value in record.headers[:HEADERS_SHOWN]
    ]
    note = orjson.loads(bare.facts) | {"why": why, "headers": shown}
    return replace(bare, facts=orjson.dumps(note))
