"""What is published is what runs, is whole, and holds nothing that tells who a person is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from deploy.publish import DOCS, events, interfaces, write
from deploy.publishing.asyncapi import asyncapi
from deploy.publishing.examples import example
from deploy.publishing.schemas import ALWAYS, ATTRIBUTES, envelope_schema, facts_schema
from shared.bus import wire
from shared.contracts.letter import Letter
from shared.contracts.registry import letter_types
from shared.contracts.topics import ALL_TOPICS
from tests.shared.bus.parties import letter

LETTERS = list(letter_types().values())
TELLING = frozenset(
    {
        "name",
        "number",
        "phone",
        "mobile",
        "tel",
        "address",
        "certificate",
        "note",
        "comment",
        "text",
        "remark",
        "card",
        "serial",
        "email",
        "contact",
        "idno",
    }
)
BOUND = frozenset({"enum", "const", "format", "pattern"})
SAYS_NOTHING = frozenset({"boolean", "null"})
"""A yes or no about a certificate is a fact; the certificate's number would be an identifier."""
CODES = frozenset(
    {
        "programme",
        "benefit_class",
        "policy_version",
        "digest",
        "item_code",
        "street_code",
        "code",
        "unmet",
        "unknown",
        "changed",
        "categories",
        "documents",
    }
)
"""Text facts whose values are codes of a catalogue or a policy, never words of people."""
Schema = dict[str, Any]


def each(kind: type[Letter]) -> Iterator[tuple[str, Schema]]:
    """Every fact of a letter with its schema, nested ones too."""
    schema = facts_schema(kind)
    for part in [schema, *schema.get("$defs", {}).values()]:
        yield from part.get("properties", {}).items()


def leaves(schema: Schema) -> Iterator[Schema]:
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    if not inner:
        yield schema
    for one in inner:
        yield from leaves(one)


@pytest.mark.parametrize(("place", "files"), [("events", events), ("openapi", interfaces)])
def test_the_files_in_docs_are_up_to_date(
    place: str, files: Callable[[], dict[str, bytes]], tmp_path: Path
) -> None:
    write(files(), tmp_path)
    kept = {one.name: one.read_bytes() for one in (DOCS / place).iterdir()}
    fresh = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    stale = sorted(name for name in kept | fresh if kept.get(name) != fresh.get(name))
    assert stale == [], "run `make docs`"


def test_publishing_removes_what_is_no_longer_published(tmp_path: Path) -> None:
    (tmp_path / "gone.v1.json").write_text("{}")
    write({"here.json": b"{}"}, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["here.json"]


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.TYPE)
def test_a_letter_has_a_closed_valid_schema_and_its_example_fits(kind: type[Letter]) -> None:
    schema = facts_schema(kind)
    validator_for(schema).check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["description"]
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    checker.validate(example(kind))
    assert list(checker.iter_errors({**example(kind), "unheard_of": 1}))


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.TYPE)
def test_a_reader_ignores_a_fact_that_it_does_not_know_yet(kind: type[Letter]) -> None:
    envelope = {"aggregate_id": letter("x").aggregate_id, "occurred_at": "2010-01-20T09:00:00Z"}
    assert kind.model_validate({**example(kind), **envelope, "unheard_of": 1})


def test_the_headers_on_the_wire_are_those_that_are_published() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = wire.write(letter("intake.persons", trace=trace), trace)
    found = {name: value.decode() for name, value in sent.headers}
    Draft202012Validator(envelope_schema()).validate(found)
    assert set(ALWAYS) <= set(found) <= set(ATTRIBUTES)


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.TYPE)
def test_no_letter_names_anybody(kind: type[Letter]) -> None:
    for fact, schema in each(kind):
        says = {leaf.get("type") for leaf in leaves(schema)}
        assert says <= SAYS_NOTHING or not TELLING & set(fact.split("_")), fact


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.TYPE)
def test_text_in_a_letter_is_a_code_and_never_free(kind: type[Letter]) -> None:
    for fact, schema in each(kind):
        for leaf in leaves(schema):
            free = leaf.get("type") == "string" and not BOUND & set(leaf)
            assert not free or fact in CODES, fact


def test_a_letter_has_a_name_of_three_words_and_a_version_under_its_own_service() -> None:
    for kind in LETTERS:
        service, aggregate, act, version = kind.TYPE.split(".")
        assert kind.TOPIC.startswith(f"{service}."), kind.TYPE
        assert aggregate.isalpha(), kind.TYPE
        assert act.isalpha(), kind.TYPE
        assert version == "v1", kind.TYPE


def test_asyncapi_lists_every_topic_and_every_letter_in_the_right_one() -> None:
    document = asyncapi()
    assert tuple(document["channels"]) == ALL_TOPICS
    for topic, channel in document["channels"].items():
        inside = [kind.TYPE for kind in LETTERS if topic == kind.TOPIC]
        assert list(channel["messages"]) == inside
        assert channel["address"] == topic
        assert inside, f"{topic} carries nothing"


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    document, files = asyncapi(), events()
    for reference in references(document):
        if reference.startswith("./"):
            assert reference[2:] in files
            continue
        spot: Any = document
        for step in reference.removeprefix("#/").split("/"):
            spot = spot[step]
        assert spot


def references(value: Any) -> Iterator[str]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and "$ref" in value:
        yield value["$ref"]
    for part in parts:
        yield from references(part)


def test_the_catalogue_says_what_every_letter_means() -> None:
    text = events()["README.md"].decode()
    for kind in LETTERS:
        assert f"### [`{kind.TYPE}`]" in text
        assert orjson.dumps(example(kind), option=orjson.OPT_INDENT_2).decode() in text
