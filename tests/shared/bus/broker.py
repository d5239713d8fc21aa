"""A Kafka-protocol broker of the suite's own, from a wheel: started, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.ports import free_port

READY = "press Ctrl-C"
HOST = "127.0.0.1"
STOP_S = 5


class Broker:
    """Keeps its data in a directory, so that it can come back on the same port."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"kafka://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it says that it listens."""
        program = str(files("noida_db").joinpath("noida-db"))
        options = ["--data-dir", str(self._place), "--host", HOST, "--kafka-port", str(self._port)]
        self._process = subprocess.Popen(
            [program, "start", "--only", "kafka", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if READY in line:
                return
        raise RuntimeError(f"the broker did not start: exit {self._process.wait(STOP_S)}")

    def freeze(self) -> None:
        """Keep connections open and answer nothing, as a lost network would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(STOP_S)
            if process.stdout is not None:
                process.stdout.close()
