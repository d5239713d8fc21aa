"""Fetches Apache Kafka's libraries once, by Maven, and says in a sentence what is missing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = "juyang-kafka"
WITHIN_S = 300
SAID_LINES = 3


class KafkaRefused(Exception):
    """Kafka cannot be started here; the text says what to do, in Chinese and English."""


def program(name: str, package: str) -> str:
    """The path of a program that must be installed.

    Raises:
        KafkaRefused: it is not; names the package that has it.
    """
    found = shutil.which(name)
    if found is None:
        raise KafkaRefused(
            f"需要 {name} 才能运行 Apache Kafka：请安装 {package}。"
            f"{name} is needed to run Apache Kafka: install {package}."
        )
    return found


def libraries() -> Path:
    """The folder with Kafka's jars, fetched at first use; several processes may ask at once.

    Raises:
        KafkaRefused: Maven is missing, or could not fetch them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / CACHE
    shelf = cache / version()
    if shelf.exists():
        return shelf
    maven = program("mvn", "maven")
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / "lock"):
        if not shelf.exists():
            staging = Path(tempfile.mkdtemp(dir=cache))
            _fetch(maven, staging)
            staging.rename(shelf)
    return shelf


def version() -> str:
    """The version of Kafka that pom.xml names."""
    after = POM.read_text(encoding="utf-8").split("<artifactId>kafka_2.13</artifactId>", 1)[1]
    return after.split("<version>", 1)[1].split("</version>", 1)[0]


def _fetch(maven: str, into: Path) -> None:
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={into}", "-DincludeScope=runtime"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(into, ignore_errors=True)
        said = " ".join(done.stdout.strip().splitlines()[:SAID_LINES])
        raise KafkaRefused(
            f"Maven 未能取得 Apache Kafka：{said} · Maven could not fetch Apache Kafka: {said}"
        )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
