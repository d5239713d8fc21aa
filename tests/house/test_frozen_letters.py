"""Letters are promises: within `.v1` optional facts may be added, and nothing else may change."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.publishing.schemas import ENVELOPE, envelope_schema, facts_schema
from shared.contracts.registry import letter_types

FROZEN = Path(__file__).parent / "frozen"
WORDING = frozenset({"description", "title", "examples", "default", "$schema", "$id"})
MADE_OF = frozenset({"properties", "items", "anyOf", "$ref", "$defs"})
Schema = dict[str, Any]


def published() -> dict[str, Schema]:
    letters = {f"{name}.json": facts_schema(kind) for name, kind in letter_types().items()}
    return letters | {ENVELOPE: envelope_schema()}


def frozen() -> dict[str, Schema]:
    return {one.name: orjson.loads(one.read_bytes()) for one in FROZEN.glob("*.json")}


def breaks(old: Schema, new: Schema) -> list[str]:
    """What a reader or a writer of the old schema would stumble over in the new one."""
    return list(_breaks("", old, new, old, new))


def _breaks(at: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> Iterator[str]:
    old, new = _target(old, old_root), _target(new, new_root)
    if _rules(old) != _rules(new):
        yield f"{at or '/'}: {_rules(old)} became {_rules(new)}"
    for name, fact in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{at}/{name}: disappeared"
        else:
            yield from _breaks(f"{at}/{name}", fact, new["properties"][name], old_root, new_root)
    pairs = [(old.get("items"), new.get("items"))]
    pairs += list(zip(old.get("anyOf", []), new.get("anyOf", []), strict=False))
    for one, other in pairs:
        if one and other:
            yield from _breaks(f"{at}[]", one, other, old_root, new_root)


def _rules(schema: Schema) -> Schema:
    kept = {key: one for key, one in schema.items() if key not in WORDING | MADE_OF}
    kept["required"] = sorted(schema.get("required", []))
    kept["choices"] = len(schema.get("anyOf", []))
    return kept


def _target(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    return root["$defs"][reference.rsplit("/", 1)[-1]] if reference else schema


def test_every_letter_is_frozen_and_every_frozen_letter_is_still_there() -> None:
    assert sorted(frozen()) == sorted(published()), (
        "a new letter is frozen by copying docs/events/<type>.json to tests/house/frozen/; "
        "a letter never disappears: write its .v2 beside it"
    )


@pytest.mark.parametrize("name", sorted(frozen()))
def test_a_letter_keeps_what_it_promised(name: str) -> None:
    assert breaks(frozen()[name], published()[name]) == []


def changed(path: list[str], value: Any) -> Schema:
    """The schema of an application with one spot changed; `...` removes it."""
    schema = deepcopy(frozen()["intake.application.submitted.v1.json"])
    spot = schema
    for step in path[:-1]:
        spot = spot[step]
    if value is ...:
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    return schema


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["properties", "channel"], ...),
        (["properties", "applied_on", "format"], "date-time"),
        (["properties", "applied_on", "type"], "integer"),
        (["properties", "channel", "enum"], ["hotline"]),
        (["required"], ["programme", "channel", "applied_on", "person", "added"]),
        (["required"], ["programme"]),
        (["x-topic"], "intake.persons"),
        (["$defs", "PersonFacts", "properties", "dibao"], ...),
        (["$defs", "Disability", "properties", "grade", "maximum"], 5),
        (["$defs", "Child", "required"], ["alive"]),
    ],
)
def test_a_change_that_breaks_a_reader_is_seen(path: list[str], value: Any) -> None:
    assert breaks(frozen()["intake.application.submitted.v1.json"], changed(path, value))


@pytest.mark.parametrize(
    "path", [["properties", "added"], ["$defs", "PersonFacts", "properties", "added"]]
)
def test_an_optional_fact_may_be_added(path: list[str]) -> None:
    old = frozen()["intake.application.submitted.v1.json"]
    assert breaks(old, changed(path, {"type": "boolean", "default": None})) == []
