"""A letter on the wire is a CloudEvent, and comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from uuid import uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import wire
from shared.contracts.letter import Envelope
from tests.shared.bus.parties import letter

BROKEN = (None, b"", b"\xff", b"nonsense")
HEADERS = st.lists(st.tuples(st.text(), st.binary()))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Arrived:
    """A consumed record."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    topic: str = "intake.persons"
    partition: int = 0
    offset: int = 7
    timestamp: int = 1_262_600_000_000


def sent(envelope: Envelope, hop: str | None = None) -> Arrived:
    out = wire.write(envelope, hop)
    return Arrived(out.key, out.value, out.headers, envelope.topic)


def full() -> Envelope:
    return replace(
        letter("intake.persons", trace=TRACE),
        application_id=uuid4(),
        causation_id=uuid4(),
        agency="机构-1",
        facts='{"died_on":"2010-01-04","x":"张"}'.encode(),
    )


def test_a_letter_comes_back_as_it_was() -> None:
    envelope = full()
    assert wire.read(sent(envelope)) == envelope


def test_a_letter_without_the_optional_attributes_comes_back_as_it_was() -> None:
    bare = replace(letter("intake.areas"), person_id=None, area_code=None)
    assert wire.read(sent(bare)) == bare


def test_the_receiver_continues_the_sending_span() -> None:
    hop = TRACE.replace("b7ad6b7169203331", "1111111111111111")
    assert wire.read(sent(full(), hop)).traceparent == hop


def test_the_official_reader_of_cloudevents_understands_it() -> None:
    envelope = full()
    out = wire.write(envelope, None)
    message = KafkaMessage(headers=dict(out.headers), key=out.key, value=out.value)
    event = from_binary_event(message, JSONFormat())
    assert event.get_id() == str(envelope.id)
    assert event.get_type() == "intake.person.died.v1"
    assert event.get_source() == "/intake"
    assert event.get_time() == envelope.occurred_at
    assert event.get_attributes()["partitionkey"] == str(envelope.person_id)
    assert event.get_data() == {"died_on": "2010-01-04", "x": "张"}


# Any text may be a type: an unknown one is a letter that this receiver does not know yet.
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        *product(["ce_type"], [None, b"", b"\xff"]),
        *product(["ce_id", "ce_subject", "ce_time", "ce_recordedat", "ce_seq"], BROKEN),
    ],
)
def test_a_broken_header_makes_the_record_unreadable_and_keeps_its_key(
    name: str, value: bytes | None
) -> None:
    envelope = full()
    record = sent(envelope)
    record.headers = [h for h in record.headers if h[0] != name]
    record.headers += [] if value is None else [(name, value)]
    found = wire.read(record)
    assert found.type == wire.UNREADABLE
    assert found.key == envelope.key
    assert found.id == wire.read(record).id


@given(
    st.binary() | st.none(), st.binary() | st.none(), st.lists(st.tuples(st.text(), st.binary()))
)
def test_no_record_whatever_it_holds_breaks_the_reader(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    found = wire.read(Arrived(key, value, headers))
    assert found.type == wire.UNREADABLE
    assert found.to_json()
