"""Data directories on which the stories of the embedded PostgreSQL play."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.postgres import EmbeddedPostgres
from tests.cluster import shelf


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the server's account can enter, as pytest's own is not for root."""
    folder = Path(tempfile.mkdtemp(prefix="juyang-test-", dir=shelf()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def ground() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def data_dir(ground: Path) -> Path:
    """Where nothing is yet."""
    return ground / "data"


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory that was used before and is at rest; every test leaves it so."""
    with open_folder() as folder, EmbeddedPostgres(folder / "data") as server:
        server.stop_now()
        yield folder / "data"
