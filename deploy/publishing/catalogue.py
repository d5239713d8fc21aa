"""The catalogue of letters for readers: each type's topic, meaning, facts and an example."""

from __future__ import annotations

from typing import Any

import orjson

from deploy.publishing.examples import example
from deploy.publishing.schemas import facts_schema, meaning
from shared.contracts.letter import Letter
from shared.contracts.registry import letter_types
from shared.contracts.topics import ALL_TOPICS

HEAD = """\
# 书信目录 · Catalogue of letters

五个服务之间只通过书信往来。本目录由 `make docs` 生成，请勿手改。
The five services talk by letters alone. `make docs` writes this file; do not edit it.

- **Wire**: CloudEvents 1.0 in binary mode. Attributes are record headers
  ([envelope.json](envelope.json)), the facts are the value, one closed schema for each type.
- **Key and order**: the key is the person's id where there is one, else the aggregate's. Letters of
  one key keep their order within a topic; no order holds between topics.
- **Delivery**: at least once. Drop a `ce_id` that has been seen; `ce_seq` counts an aggregate's
  letters from 1 without a gap.
- **Growth**: within `.v1` facts are only added, and are optional. Ignore those you do not know.
- **Never inside**: a name, an identity or certificate number, a phone, an address, free text.
- The same for machines: [asyncapi.json](asyncapi.json) (AsyncAPI 3.0).
"""


def catalogue() -> str:
    """The whole catalogue as Markdown."""
    letters = letter_types().values()
    parts = [HEAD]
    for topic in ALL_TOPICS:
        parts.append(f"\n## `{topic}`\n")
        parts += [_entry(kind) for kind in letters if topic == kind.TOPIC]
    return "\n".join(parts)


def _entry(kind: type[Letter]) -> str:
    schema = facts_schema(kind)
    shown = orjson.dumps(example(kind), option=orjson.OPT_INDENT_2).decode()
    rows = "\n".join(
        f"| `{name}` | {_type(one)} | {'yes' if name in schema['required'] else 'no'} |"
        for name, one in schema["properties"].items()
    )
    return (
        f"### [`{kind.TYPE}`]({kind.TYPE}.json)\n\n{meaning(kind)}\n\n"
        f"| fact | type | required |\n|---|---|---|\n{rows}\n\n```json\n{shown}\n```\n"
    )


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
