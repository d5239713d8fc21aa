"""Says in one sentence what stands between here and the brokers, for /ready, logs and commands.

aiokafka tells only that it could not connect; the cause is found by connecting once more by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from shared.bus.address import MECHANISM, SAFE, Address
from shared.tls import Fault, fault_of

AWAY = (KafkaError, OSError, TimeoutError)
FORBIDDEN = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
)
LASTING = (*FORBIDDEN, UnknownTopicOrPartitionError, MessageSizeTooLargeError)
"""Refusals that somebody has to mend: trying again does not."""

LOOK_S = 3.0
Sentence = tuple[str, str]


def away(address: Address, cause: Sentence | None = None) -> str:
    """That the brokers cannot be reached, and why where it is known."""
    zh, en = ("", "") if cause is None else (f"：{cause[0]}", f": {cause[1]}")
    where = address.shown
    return f"连不上 Kafka（{where}）{zh} · Kafka at {where} cannot be reached{en}"


def missing(topics: str) -> str:
    """That topics are not there, or are hidden from this user."""
    return (
        f"缺少主题 {topics}，或此用户无权查看：请运行 juyang topics apply · "
        f"topics are missing, or hidden from this user: {topics}; run juyang topics apply"
    )


def refused(address: Address, failure: Exception) -> str:
    """What a broker that can be reached did not do."""
    where, user = address.shown, address.user or "ANONYMOUS"
    if isinstance(failure, UnknownTopicOrPartitionError):
        return missing(" ".join(str(one) for one in failure.args) or "?")
    if isinstance(failure, FORBIDDEN):
        return (
            f"Kafka（{where}）的用户 {user} 权限不足：请管理员运行 juyang topics apply --users · "
            f"user {user} has no right to do this at Kafka {where}: "
            "let its administrator run juyang topics apply --users"
        )
    what = type(failure).__name__
    return f"Kafka（{where}）拒绝了请求（{what}）· Kafka at {where} refused: {what}"


async def explain(address: Address) -> str | None:
    """Why no broker can be used, or none when one can."""
    first: str | None = None
    for broker in address.brokers:
        cause = await _cause(address, broker)
        if cause is None:
            return None
        first = first or away(address, cause)
    return first


async def _cause(address: Address, broker: str) -> Sentence | None:
    host, _, port = broker.rpartition(":")
    try:
        async with asyncio.timeout(LOOK_S):
            line = await create_conn(host, int(port), **address.security())
    except AWAY as failure:
        return _named(address, host, failure) or await _other_language(address, host, int(port))
    try:
        async with asyncio.timeout(LOOK_S):
            return await _advertised(line)
    except AWAY:
        return _silent(address)
    finally:
        line.close()


async def _advertised(line: AIOKafkaConnection) -> Sentence | None:
    """Whether the brokers can be reached where the cluster tells clients to come to."""
    told: Any = await line.send(MetadataRequest([]))
    for _, host, port, *_ in told.brokers:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return (
                f"它让客户端连接 {host}:{port}，而此处连不上；请改 advertised.listeners",
                f"it tells clients to come to {host}:{port}, which cannot be reached from here; "
                "mend its advertised.listeners",
            )
        writer.close()
    return None


def _named(address: Address, host: str, failure: Exception) -> Sentence | None:
    """The cause that a failure names by its kind."""
    for kind, say in CAUSES:
        if isinstance(failure, kind):
            return say(address, host, failure)
    closed = isinstance(failure, KafkaError | ConnectionError | ssl.SSLError)
    return None if closed else _nobody(address, host, failure)


def _certificate(address: Address, host: str, failure: Any) -> Sentence:
    fault = fault_of(failure)
    if fault is Fault.EXPIRED:
        return "它的证书已过期", "its certificate has expired"
    if fault is Fault.OTHER_HOST:
        return (
            f"它的证书不是发给 {host} 的",
            f"its certificate is not made out for {host}",
        )
    by = address.ca or "the system's authorities"
    return (
        f"它的证书不由所信任的 CA 签发（{address.ca or '系统证书'}）；请核对 ?ca=",
        f"its certificate is not signed by a trusted authority ({by}); check ?ca=",
    )


def _password(address: Address, host: str, failure: Exception) -> Sentence:
    return (
        f"用户 {address.user} 或其口令不被接受",
        f"user {address.user} or its password is not accepted",
    )


def _mechanism(address: Address, host: str, failure: Exception) -> Sentence:
    return (
        f"这个监听端口不接受 {MECHANISM} 口令",
        f"this listener takes no password by {MECHANISM}",
    )


def _nobody(address: Address, host: str, failure: Exception) -> Sentence:
    return (
        "那里没有程序监听，或网络不通",
        "nobody listens there, or the network does not lead there",
    )


def _unknown(address: Address, host: str, failure: Exception) -> Sentence:
    return f"没有名为 {host} 的主机", f"there is no host called {host}"


def _late(address: Address, host: str, failure: Exception) -> Sentence:
    return f"{LOOK_S:g} 秒内没有应答", f"no answer within {LOOK_S:g} s"


def _silent(address: Address) -> Sentence:
    if address.user:
        return "它关闭了连接", "it closed the connection"
    return (
        "它关闭了连接，可能需要用户名和口令",
        "it closed the connection; it may want a user and a password",
    )


async def _other_language(address: Address, host: str, port: int) -> Sentence:
    """What to say when a connection was closed at once: perhaps it is TLS against plain."""
    other = await (_speaks_plain(host, port) if address.tls else _speaks_tls(host, port))
    if other and address.tls:
        return "这个端口不用 TLS；请写 kafka://", "this port speaks no TLS; write kafka://"
    if other:
        return f"这个端口只用 TLS；请写 {SAFE}", f"this port speaks TLS; write {SAFE}"
    return _silent(address)


async def _speaks_plain(host: str, port: int) -> bool:
    with contextlib.suppress(*AWAY):
        async with asyncio.timeout(LOOK_S):
            line = await create_conn(host, port)
        line.close()
        return True
    return False


async def _speaks_tls(host: str, port: int) -> bool:
    """Whether a handshake works; nothing is sent, so nobody need be trusted."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(*AWAY):
        async with asyncio.timeout(LOOK_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.close()
        return True
    return False


CAUSES: tuple[tuple[type[Exception], Callable[[Address, str, Any], Sentence]], ...] = (
    (SaslAuthenticationFailed, _password),
    (UnsupportedSaslMechanismError, _mechanism),
    (IllegalSaslStateError, _mechanism),
    (ssl.SSLCertVerificationError, _certificate),
    (socket.gaierror, _unknown),
    (ConnectionRefusedError, _nobody),
    (TimeoutError, _late),
)
