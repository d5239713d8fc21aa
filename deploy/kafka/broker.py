"""One Apache Kafka broker with its controller on loopback: started, killed, started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.kafka.libraries import KafkaRefused, libraries, program
from deploy.kafka.safety import ADMIN, Safety
from deploy.ports import free_port
from deploy.postgres_keeper import end_with_keeper

HOST = "127.0.0.1"
HEAP = "-Xmx512m"
CLUSTER = "anV5YW5nLWxvY2FsLWthZg"
START_WITHIN_S = 90.0
STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 2.0
API_VERSIONS = struct.pack(">hhih", 18, 0, 1, -1)
LOG_TAIL = 600
# Few threads and small buffers: one person's machine, or a test's.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
num.network.threads=2
num.io.threads=3
background.threads=2
"""
OPEN = """\
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=BROKER://{host}:{advertised}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
"""


class KafkaBroker:
    """Keeps its data in a directory; `advertised` is the port that clients are told to come to.

    With a `safety` it takes clients over TLS with a password only, and nobody has a right unasked.
    """

    def __init__(
        self, directory: Path, *, advertised: int = 0, safety: Safety | None = None
    ) -> None:
        self._place = directory
        self._safety = safety
        self.port, self._controller, self._inner = free_port(), free_port(), free_port()
        self._advertised = advertised or self.port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The bus's address for services; of a safe broker the administrator's."""
        if self._safety is not None:
            return self.url_of(ADMIN)
        return f"kafka://{HOST}:{self._advertised}"

    def url_of(self, user: str) -> str:
        """A user's address of a safe broker."""
        assert self._safety is not None
        return self._safety.url(user, HOST, self._advertised)

    @property
    def log(self) -> Path:
        """What the broker says."""
        return self._place / "kafka.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it on what its directory holds and wait until it answers.

        Raises:
            KafkaRefused: Java or Maven is missing, or the broker ended.
        """
        java = [program("java", "openjdk-17-jre-headless"), HEAP, "-XX:+UseSerialGC"]
        java += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{libraries()}/*"]
        settings = self._settings()
        if not (self._place / "logs").exists():
            self._format(java, settings)
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [*java, "kafka.Kafka", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=end_with_keeper(),
            )
        try:
            self._wait_for_answer(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in order; after a while by force."""
        process = self._process
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(STOP_WITHIN_S)

    def restart_empty(self) -> None:
        """Come back on the same port having lost every topic, record and offset."""
        self.kill()
        shutil.rmtree(self._place / "logs")
        self.start()

    def freeze(self) -> None:
        """Keep connections open and answer nothing, as a lost network would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _settings(self) -> Path:
        self._place.mkdir(parents=True, exist_ok=True)
        file = self._place / "server.properties"
        ports = {
            "port": self.port,
            "controller": self._controller,
            "advertised": self._advertised,
        }
        text = PROPERTIES.format(host=HOST, logs=self._place / "logs", **ports)
        if self._safety is None:
            text += OPEN.format(host=HOST, **ports)
        else:
            text += self._safety.settings(HOST, {**ports, "inner": self._inner})
        file.write_text(text, encoding="utf-8")
        return file

    def _format(self, java: Sequence[str], settings: Path) -> None:
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(settings)]
        tool += [] if self._safety is None else self._safety.formatting()
        done = subprocess.run([*java, *tool], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise self._refused(done.stdout + done.stderr)

    def _wait_for_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._refused(self.log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(LOOK_EVERY_S)

    def _answers(self) -> bool:
        """Whether the broker answers the first question of every client."""
        try:
            with socket.create_connection((HOST, self.port), ANSWER_WITHIN_S) as line:
                if self._safety is not None:
                    with self._safety.context().wrap_socket(line, server_hostname=HOST) as hidden:
                        return hidden.version() is not None
                line.sendall(struct.pack(">i", len(API_VERSIONS)) + API_VERSIONS)
                return bool(line.recv(1))
        except OSError:
            return False

    def _refused(self, said: str) -> KafkaRefused:
        return KafkaRefused(
            f"Apache Kafka 未能启动（日志 {self.log}）：{said[-LOG_TAIL:].strip()} · "
            f"Apache Kafka did not start; see {self.log}"
        )
