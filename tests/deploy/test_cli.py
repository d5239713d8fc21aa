"""The command `juyang` as a newcomer meets it: one sentence for everything that cannot be."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.postgres import erase
from deploy.premises import ADDRESS, MARKER

COMMAND = [sys.executable, "-m", "deploy.cli.main"]


def juyang(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], input=said, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_taken_port_is_a_sentence_that_names_another_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = juyang("up", "--port", str(port), "--data", str(tmp_path / "data"))
    assert answer.returncode == 1
    assert f"--port {port + 1}" in answer.stderr
    assert "已被占用" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_token_of_a_street_officer_needs_his_street(tmp_path: Path) -> None:
    refused = juyang("token", "--sub", "li", "--role", "street_officer", "--data", str(tmp_path))
    assert refused.returncode == 1
    assert "区划" in refused.stderr
    given = juyang(
        *("token", "--sub", "li", "--role", "street_officer", "--area", "110105015"),
        *("--data", str(tmp_path)),
    )
    assert given.returncode == 0
    assert given.stdout.count(".") == 2


def test_reset_refuses_a_directory_that_is_not_ours_and_deletes_nothing(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("dear")
    answer = juyang("reset", "--yes", "--data", str(tmp_path))
    assert answer.returncode == 1
    assert "未删除任何东西" in answer.stderr
    assert (tmp_path / "photo.jpg").exists()


def test_reset_asks_and_a_no_keeps_everything(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("{}")
    (tmp_path / "demo.json").write_text("{}")
    assert juyang("reset", "--data", str(tmp_path), said="n\n").returncode == 1
    assert (tmp_path / "demo.json").exists()
    assert juyang("reset", "--data", str(tmp_path), said="y\n").returncode == 0
    assert not (tmp_path / "demo.json").exists()


def test_a_second_office_on_a_directory_is_refused_with_the_address_of_the_first(
    tmp_path: Path,
) -> None:
    import os

    (tmp_path / ADDRESS).write_text(
        json.dumps({"url": "http://127.0.0.1:8000", "pid": os.getpid()})
    )
    answer = juyang("up", "--data", str(tmp_path))
    assert answer.returncode == 1
    assert "http://127.0.0.1:8000" in answer.stderr


def test_importing_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    answer = juyang("import", "nothing.xlsx", "--within", "110105", "--data", str(tmp_path))
    assert answer.returncode == 1
    assert "nothing.xlsx" in answer.stderr


@pytest.mark.parametrize("words", [("serve", "nowhere"), ("topics", "drop", "--bus", "x")])
def test_unknown_words_are_answered_with_what_there_is(words: tuple[str, ...]) -> None:
    answer = juyang(*words)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr


def test_the_office_stops_cleanly_and_keeps_its_data(tmp_path: Path) -> None:
    from deploy.ports import free_port

    port = free_port()
    command = [*COMMAND, "up", "--no-demo", "--port", str(port), "--data", str(tmp_path)]
    try:
        for _ in range(2):
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                assert process.stderr is not None
                for line in process.stderr:
                    if "Ctrl-C" in line:
                        break
                process.send_signal(2)
                rest = process.stderr.read()
                assert process.wait(30) == 0, rest
            assert "数据保留" in rest
            assert not (tmp_path / ADDRESS).exists()
    finally:
        erase(tmp_path)
