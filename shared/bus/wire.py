"""A letter as a Kafka record: CloudEvents 1.0 in binary mode, headers to envelope and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import orjson

from shared.contracts.ids import derived_id
from shared.contracts.letter import Envelope

UNREADABLE = "bus.record.unreadable.v1"
"""Type of the envelope round a record that is no letter: to be parked, never to be skipped."""

CONTENT_TYPE = b"application/json"
SPEC_VERSION = b"1.0"
SHOWN_BYTES = 2_000
MS_PER_S = 1000


class Record(Protocol):
    """What is read of a consumed record."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def key_of(letter: Envelope) -> bytes:
    """The record key: what decides the partition and with it the order."""
    return str(letter.key).encode()


def write(letter: Envelope, hop: str | None) -> Outgoing:
    """Put a letter on the wire; `hop` is the traceparent of the sending span."""
    attributes = {
        "ce_specversion": SPEC_VERSION.decode(),
        "ce_id": str(letter.id),
        "ce_type": letter.type,
        "ce_source": f"/{letter.source}",
        "ce_time": letter.occurred_at.isoformat(),
        "ce_subject": str(letter.aggregate_id),
        "ce_partitionkey": str(letter.key),
        "ce_seq": str(letter.seq),
        "ce_recordedat": letter.recorded_at.isoformat(),
        "ce_personid": _text(letter.person_id),
        "ce_applicationid": _text(letter.application_id),
        "ce_causationid": _text(letter.causation_id),
        "ce_areacode": letter.area_code,
        "ce_agency": letter.agency,
        "ce_traceparent": letter.traceparent,
        "traceparent": hop,
    }
    headers = [("content-type", CONTENT_TYPE)]
    headers += [(name, value.encode()) for name, value in attributes.items() if value is not None]
    return Outgoing(key_of(letter), letter.facts, headers)


def read(record: Record) -> Envelope:
    """Take a letter off the wire; a record that is none comes as an `UNREADABLE` envelope."""
    try:
        return _read(record)
    except (ValueError, KeyError) as bad:
        return _unreadable(record, bad)


def _read(record: Record) -> Envelope:
    found = {name: value.decode() for name, value in record.headers}
    if found["ce_specversion"] != SPEC_VERSION.decode():
        raise ValueError("specversion")
    if record.value is None:
        raise ValueError("value")
    return Envelope(
        id=UUID(found["ce_id"]),
        type=_filled(found["ce_type"]),
        topic=record.topic,
        aggregate_id=UUID(found["ce_subject"]),
        occurred_at=_instant(found["ce_time"]),
        recorded_at=_instant(found["ce_recordedat"]),
        facts=record.value,
        seq=int(found["ce_seq"]),
        person_id=_uuid(found.get("ce_personid")),
        application_id=_uuid(found.get("ce_applicationid")),
        causation_id=_uuid(found.get("ce_causationid")),
        area_code=found.get("ce_areacode"),
        agency=found.get("ce_agency"),
        traceparent=found.get("traceparent") or found.get("ce_traceparent"),
    )


def _unreadable(record: Record, bad: Exception) -> Envelope:
    """Keeps the record's key where it is one, so that later letters of the key wait behind it."""
    place = derived_id("unreadable", record.topic, record.partition, record.offset)
    kept = {
        "partition": record.partition,
        "offset": record.offset,
        "missing": str(bad) if isinstance(bad, KeyError) else type(bad).__name__,
        "headers": [[name, _shown(value)] for name, value in record.headers],
        "value": _shown(record.value),
    }
    at = datetime.fromtimestamp(max(record.timestamp, 0) / MS_PER_S, UTC)
    return Envelope(
        id=place,
        type=UNREADABLE,
        topic=record.topic,
        aggregate_id=_key(record.key) or place,
        occurred_at=at,
        recorded_at=at,
        facts=orjson.dumps(kept),
    )


def unreadable(letters: Iterable[Envelope]) -> list[Envelope]:
    """The letters that were no letters."""
    return [letter for letter in letters if letter.type == UNREADABLE]


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant without its offset")
    return at


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _key(key: bytes | None) -> UUID | None:
    try:
        return UUID((key or b"").decode())
    except ValueError:
        return None


def _shown(value: bytes | None) -> str | None:
    return None if value is None else value[:SHOWN_BYTES].decode(errors="replace")
