"""JSON Schemas of the letters: one closed schema for each type's facts, one for the envelope."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.letter import ENVELOPE_FIELDS, Letter

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "envelope.json"
UUID_TEXT = {"type": "string", "format": "uuid"}
INSTANT = {"type": "string", "format": "date-time"}
AREA = {"type": "string", "pattern": r"^[0-9]{6}([0-9]{3}){0,2}$"}
TRACE = {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"}

ATTRIBUTES: dict[str, tuple[dict[str, Any], str]] = {
    "content-type": ({"const": "application/json"}, "the value is JSON, in UTF-8"),
    "ce_specversion": ({"const": "1.0"}, "CloudEvents 1.0, binary mode"),
    "ce_id": (UUID_TEXT, "the letter; the same id is the same letter, drop repetitions"),
    "ce_type": ({"type": "string"}, "service.aggregate.past.vN; names the schema of the value"),
    "ce_source": ({"type": "string", "pattern": "^/[a-z]+$"}, "the service that wrote it"),
    "ce_subject": (UUID_TEXT, "the aggregate that the fact is about"),
    "ce_time": (INSTANT, "when it happened, in business time"),
    "ce_recordedat": (INSTANT, "when it was written down, in machine time"),
    "ce_seq": (
        {"type": "string", "pattern": "^[0-9]+$"},
        "the aggregate's letters counted from 1 without a gap",
    ),
    "ce_partitionkey": (UUID_TEXT, "the record's key: the person, else the aggregate"),
    "ce_personid": (UUID_TEXT, "the person concerned"),
    "ce_applicationid": (UUID_TEXT, "the application whose journey this belongs to"),
    "ce_causationid": (UUID_TEXT, "the letter that caused this one"),
    "ce_areacode": (AREA, "district, street or community concerned"),
    "ce_agency": ({"type": "string"}, "id of the provider or agency concerned"),
    "ce_traceparent": (TRACE, "the trace that wrote the letter"),
    "traceparent": (TRACE, "the sending span: continue from here"),
}
ALWAYS = tuple(ATTRIBUTES)[: tuple(ATTRIBUTES).index("ce_personid")]


class Untitled(GenerateJsonSchema):
    """Leaves out the titles that only repeat field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def facts_schema(kind: type[Letter]) -> dict[str, Any]:
    """The closed schema of a letter's value; readers stay open to facts that come later."""
    made = kind.model_json_schema(mode="serialization", schema_generator=Untitled)
    facts = {name: one for name, one in made["properties"].items() if name not in ENVELOPE_FIELDS}
    required = [name for name in made.get("required", []) if name in facts]
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "$id": f"urn:juyang:letters:{kind.TYPE}",
        "title": kind.TYPE,
        "description": meaning(kind),
        "x-topic": kind.TOPIC,
        "x-envelope": ENVELOPE,
        "type": "object",
        "properties": facts,
        "required": required,
        "additionalProperties": False,
    }
    parts = {
        name: {**part, "additionalProperties": False}
        for name, part in made.get("$defs", {}).items()
    }
    return schema | ({"$defs": parts} if parts else {})


def envelope_schema() -> dict[str, Any]:
    """The schema of the record headers, the same for every letter."""
    return {
        "$schema": DRAFT,
        "$id": "urn:juyang:letters:envelope",
        "title": "Envelope",
        "description": "Headers of every letter: CloudEvents 1.0 attributes in binary mode.",
        "type": "object",
        "properties": {
            name: {**schema, "description": said} for name, (schema, said) in ATTRIBUTES.items()
        },
        "required": list(ALWAYS),
        "additionalProperties": False,
    }


def meaning(kind: type[Letter]) -> str:
    """What a letter says, from its docstring, in one line."""
    return " ".join((kind.__doc__ or "").split())
