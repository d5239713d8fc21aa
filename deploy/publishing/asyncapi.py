"""The AsyncAPI 3.0 document of the letters: topics as channels, who writes, keys and order."""

from __future__ import annotations

from typing import Any

from deploy.publishing.examples import example
from deploy.publishing.schemas import ENVELOPE, meaning
from shared.bus.kafka_topics import PARTITIONS
from shared.contracts.letter import Letter
from shared.contracts.registry import letter_types
from shared.contracts.topics import ALL_TOPICS

FORMAT = "application/schema+json;version=draft-2020-12"
ORDER = (
    "Key: the person's id where the letter has one, else the aggregate's. Letters of one key keep "
    "their order within this topic; no order holds between topics. Every letter arrives at least "
    "once: drop a `ce_id` that has been seen. Within .v1 facts are only added: ignore unknown ones."
)
BINDING = {"bindingVersion": "0.5.0"}
KEY = {"type": "string", "format": "uuid"}


def asyncapi() -> dict[str, Any]:
    """The whole document."""
    letters = letter_types()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "居养 Juyang letters",
            "version": "1.0.0",
            "description": "What the five services tell each other: past facts without a name, "
            "an identity or certificate number, a phone, an address or free text.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "kafka:9092",
                "protocol": "kafka",
                "description": "The broker of docker-compose.yml.",
            }
        },
        "channels": {topic: _channel(topic, letters) for topic in ALL_TOPICS},
        "operations": {f"{topic}.send": _sending(topic) for topic in ALL_TOPICS},
        "components": {"messages": {name: _message(kind) for name, kind in letters.items()}},
    }


def _channel(topic: str, letters: dict[str, type[Letter]]) -> dict[str, Any]:
    inside = [name for name, kind in letters.items() if topic == kind.TOPIC]
    return {
        "address": topic,
        "description": ORDER,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in inside},
        "bindings": {
            "kafka": {"topic": topic, "partitions": PARTITIONS, "bindingVersion": "0.5.0"}
        },
    }


def _sending(topic: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": f"{topic.split('.')[0]} writes, through its outbox and relay",
    }


def _message(kind: type[Letter]) -> dict[str, Any]:
    return {
        "name": kind.TYPE,
        "title": kind.__name__,
        "summary": meaning(kind),
        "contentType": "application/json",
        "headers": {"schemaFormat": FORMAT, "schema": {"$ref": f"./{ENVELOPE}"}},
        "payload": {"schemaFormat": FORMAT, "schema": {"$ref": f"./{kind.TYPE}.json"}},
        "bindings": {"kafka": {"key": KEY, **BINDING}},
        "examples": [{"payload": example(kind)}],
    }
