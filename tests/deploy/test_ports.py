"""Ports that are found for servers: each once, and none that an outgoing connection may hold."""

from __future__ import annotations

import socket

from deploy.ports import HOST, LOWEST, free_port, outgoing_from

MANY = 2_000


def test_each_port_is_found_once_and_lies_below_those_of_outgoing_connections() -> None:
    found = [free_port() for _ in range(MANY)]
    assert len(set(found)) == MANY
    assert LOWEST <= min(found) < max(found) < outgoing_from()


def test_outgoing_connections_get_their_ports_from_where_it_says() -> None:
    with socket.create_server((HOST, free_port())) as server:
        for _ in range(50):
            with socket.create_connection(server.getsockname()) as client:
                assert client.getsockname()[1] >= outgoing_from()
