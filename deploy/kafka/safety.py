"""What makes the local Kafka a safe one: TLS, SCRAM users and rights, as its own settings."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

MECHANISM = "SCRAM-SHA-512"
ADMIN = "admin"
# Clients come over TLS with a password; the broker and its controller know each other by
# certificate. Without a rule nobody may do anything.
SETTINGS = """\
listeners=BROKER://{host}:{inner},CLIENTS://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=BROKER://{host}:{inner},CLIENTS://{host}:{advertised}
listener.security.protocol.map=BROKER:SSL,CLIENTS:SASL_SSL,CONTROLLER:SSL
inter.broker.listener.name=BROKER
sasl.enabled.mechanisms={mechanism}
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={identity}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.broker.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:CN={subject};User:{admin}
"""


@dataclass(frozen=True, slots=True)
class Safety:
    """The broker's certificate with its key (one PEM file), who signed it, and its users.

    `users` are passwords by name; the user `admin` may do everything. `subject` is the common
    name in the broker's certificate.
    """

    identity: Path
    ca: Path
    users: Mapping[str, str] = field(repr=False)
    subject: str = "broker"

    def settings(self, host: str, ports: Mapping[str, int]) -> str:
        """Lines for server.properties; ports: inner, port, controller, advertised."""
        return SETTINGS.format(
            host=host,
            mechanism=MECHANISM,
            identity=self.identity,
            ca=self.ca,
            subject=self.subject,
            admin=ADMIN,
            **ports,
        )

    def formatting(self) -> list[str]:
        """Options of `kafka-storage format` that make the users."""
        made = [f"{MECHANISM}=[name={user},password={self.users[user]}]" for user in self.users]
        return [part for one in made for part in ("--add-scram", one)]

    def url(self, user: str, host: str, port: int) -> str:
        """The bus's address for a user."""
        login = f"{quote(user, safe='')}:{quote(self.users[user], safe='')}"
        return f"kafka+tls://{login}@{host}:{port}?{urlencode({'ca': str(self.ca)})}"

    def context(self) -> ssl.SSLContext:
        """For a client that trusts this broker."""
        return ssl.create_default_context(cafile=self.ca)
