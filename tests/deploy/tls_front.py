"""TLS in front of the embedded PostgreSQL, whose build has none: as a pooler in front of it would.

It answers PostgreSQL's own question for TLS, shows a certificate and passes on what it hears.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.postgres_server import HOST

ASK = struct.pack(">ii", 8, 80877103)
YES = b"S"
CHUNK = 65_536
GONE = (OSError, asyncio.IncompleteReadError)


class TlsFront:
    """Listens on a port of its own; `versions` says what each line was hidden by."""

    def __init__(self, behind: int, identity: Path) -> None:
        self.port = 0
        self.versions: list[str] = []
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        server = await asyncio.start_server(self._line, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ending.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*GONE):
            assert await reader.readexactly(len(ASK)) == ASK
            writer.write(YES)
            await writer.start_tls(self._context)
            self.versions.append(writer.get_extra_info("ssl_object").version())
            there, back = await asyncio.open_connection(HOST, self._behind)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        writer.close()


async def _pass_on(heard: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
    with contextlib.suppress(*GONE):
        while some := await heard.read(CHUNK):
            told.write(some)
            await told.drain()
    told.close()
