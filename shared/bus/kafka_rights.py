"""Who may write and read which topic on a Kafka cluster: read, compared and granted as its ACLs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from shared.contracts.topics import written_by

# Codes of Kafka's protocol: AclOperation, ResourceType, PatternType, AclPermissionType.
ANY, ALLOW, LITERAL = 1, 3, 3
READ, WRITE = "read", "write"
OPERATIONS = {READ: 3, WRITE: 4}
TOPIC, GROUP = "topic", "group"
RESOURCES = {TOPIC: 2, GROUP: 3}
EVERYWHERE = "*"
OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """A user may read or write a topic, or read for a consumer group."""

    user: str
    operation: str
    kind: str
    name: str

    @property
    def principal(self) -> str:
        """The user as Kafka names him."""
        return f"User:{self.user}"

    def __str__(self) -> str:
        return f"{self.principal} {self.operation} {self.kind} {self.name}"


def rights_of(service: str, heard: Iterable[str], user: str) -> list[Right]:
    """What a service's user needs: write its own topics, read those it hears, with its group."""
    rights = [Right(user, WRITE, TOPIC, topic) for topic in written_by(service)]
    reads = [Right(user, READ, TOPIC, topic) for topic in sorted(heard)]
    return rights + reads + ([Right(user, READ, GROUP, service)] if reads else [])


async def granted(client: AIOKafkaClient) -> set[Right] | None:
    """All rights that are granted, or none when the cluster asks nobody for any.

    Raises:
        KafkaError: this user may not look.
    """
    request = DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY)  # pyrefly: ignore
    answer: Any = await client.send(client.get_random_node(), request)
    failure = for_code(answer.error_code)
    if failure is SecurityDisabled:
        return None
    if answer.error_code:
        raise failure(answer.error_message)
    return {
        Right(principal.removeprefix("User:"), _word(OPERATIONS, act), _word(RESOURCES, kind), name)
        for kind, name, pattern, rules in answer.resources
        for principal, host, act, permission in rules
        if (pattern, permission, host) == (LITERAL, ALLOW, EVERYWHERE)
    }


async def grant(client: AIOKafkaClient, rights: Iterable[Right]) -> None:
    """Grant rights, one after the other; one that is there already changes nothing.

    Raises:
        KafkaError: this user may not grant.
    """
    for right in rights:
        request = CreateAclsRequest(
            RESOURCES[right.kind],
            right.name,
            LITERAL,
            right.principal,
            EVERYWHERE,
            OPERATIONS[right.operation],
            ALLOW,
        )
        answer: Any = await client.send(client.get_random_node(), request)
        for code, message in answer.creation_responses:
            if code:
                raise for_code(code)(message)


def _word(words: Mapping[str, int], code: int) -> str:
    return next((word for word, known in words.items() if known == code), f"{OTHER}-{code}")
