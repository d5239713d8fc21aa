"""Writes the published contracts: `python -m deploy.publish [DIRECTORY]`, as `make docs` does."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from deploy.publishing.asyncapi import asyncapi
from deploy.publishing.catalogue import catalogue
from deploy.publishing.openapi import openapi
from deploy.publishing.schemas import ENVELOPE, envelope_schema, facts_schema
from shared.contracts.registry import letter_types

DOCS = Path(__file__).parents[1] / "docs"


def events() -> dict[str, bytes]:
    """The files under `docs/events`, by name."""
    found = {f"{name}.json": _json(facts_schema(kind)) for name, kind in letter_types().items()}
    found[ENVELOPE] = _json(envelope_schema())
    found["asyncapi.json"] = _json(asyncapi())
    found["README.md"] = catalogue().encode()
    return found


def interfaces() -> dict[str, bytes]:
    """The files under `docs/openapi`, by name."""
    return {f"{name}.json": _json(document) for name, document in openapi().items()}


def write(files: Mapping[str, bytes], place: Path) -> None:
    """Make a directory hold exactly these files."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        (place / name).write_bytes(content)


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main(docs: Path = DOCS) -> None:
    write(events(), docs / "events")
    write(interfaces(), docs / "openapi")


if __name__ == "__main__":
    main(*(Path(one) for one in sys.argv[1:]))
