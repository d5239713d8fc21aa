"""Makes the embedded PostgreSQL's cluster once and judges the one there, for its launcher."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy import postgres_errors as errors
from deploy.postgres_place import Place, take

MAJOR = "18"
SUPERUSER = "postgres"
PASSWORD_BYTES = 32
MEGABYTE = 1 << 20
ROOM_FOR_A_NEW_CLUSTER_MB = 256
ROOM_FOR_A_START_MB = 64
CLUSTER_LOCK_PATIENCE_S = 30.0  # the server of an office that was just killed is still ending
LETTER_CLASSES = ("C.UTF-8", "UTF-8", "en_US.UTF-8")
"""pg_trgm takes what is a letter from lc_ctype: under plain C no Chinese character is one."""

NAMELESS = "could not look up effective user ID"
UNKNOWN_LOCALE = "invalid locale name"
CLEAN_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""PGPORT, PGDATA and their like in the user's shell must not reach the server."""

INITDB_OPTIONS = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth-local=scram-sha-256",
    "--auth-host=scram-sha-256",
    f"--username={SUPERUSER}",
    "--no-instructions",
)


def require_room(where: Path, needed_mb: int) -> None:
    if shutil.disk_usage(where).free < needed_mb * MEGABYTE:
        raise errors.disk_full(where, needed_mb)


def password_file(data_dir: Path) -> Path:
    return data_dir / "secrets" / "postgres-admin"


def password_of(data_dir: Path, *, cluster_exists: bool) -> str:
    """The superuser's password; made before the cluster, so that no cluster is without one."""
    file = password_file(data_dir)
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    if cluster_exists:
        raise errors.missing_password(file)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.parent.chmod(0o700)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    write_whole(file, password)
    return password


def write_whole(file: Path, text: str) -> None:
    """A reader sees the old file or the whole new one, and only this user sees either."""
    staging = file.with_name(f"{file.name}.new")
    staging.unlink(missing_ok=True)
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(descriptor)
    staging.replace(file)
    flush(file.parent)


def flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_made(place: Place) -> bool:
    """Whether a usable cluster is there; an empty folder is none, anything else is refused."""
    if not place.cluster.exists() or not any(place.cluster.iterdir()):
        return False
    version = place.cluster / "PG_VERSION"
    if not version.is_file() or not (place.cluster / "global" / "pg_control").is_file():
        raise errors.not_a_cluster(place.cluster)
    found = version.read_text(encoding="ascii").strip()
    if found != MAJOR:
        raise errors.other_version(place.cluster, found, MAJOR)
    return True


def make(place: Place, bin_dir: Path, password: str) -> None:
    """initdb works in a sibling folder: a half-made cluster is never taken for a whole one."""
    require_room(place.home, ROOM_FOR_A_NEW_CLUSTER_MB)
    shutil.rmtree(place.staging, ignore_errors=True)
    workshop = place.give(place.staging)
    try:
        run_initdb(place, bin_dir, workshop, password)
        (workshop / "cluster").rename(place.cluster)
        flush(place.home)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def run_initdb(place: Place, bin_dir: Path, workshop: Path, password: str) -> None:
    """Takes the first of the letter classes that this machine has."""
    hint = workshop / "password"
    write_whole(hint, password)
    if place.account:
        os.chown(hint, place.account.uid, place.account.gid)
    command = [bin_dir / "initdb", "-D", workshop / "cluster", f"--pwfile={hint}", *INITDB_OPTIONS]
    for letters in LETTER_CLASSES:
        done = run_as(place, [*command, f"--lc-ctype={letters}"], workshop)
        if UNKNOWN_LOCALE not in done.stderr:
            break
    if done.returncode != 0:
        place.start_log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise explain(place, ROOM_FOR_A_NEW_CLUSTER_MB)


def run_as(
    place: Place, command: list[str | Path], folder: Path
) -> subprocess.CompletedProcess[str]:
    account = place.account
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=CLEAN_ENVIRONMENT,
        cwd=folder,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )


def explain(place: Place, needed_mb: int) -> errors.StartRefused:
    """Shapes what the programs wrote into the start log into one sentence."""
    log = place.start_log
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    if "No space left on device" in said:
        return errors.disk_full(place.home, needed_mb)
    if NAMELESS in said:
        return errors.nameless_user(os.geteuid())
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    causes = [line for line in lines if "FATAL" in line or "error:" in line]
    return errors.did_not_start(place.start_log, (causes or lines or [""])[-1])


def postmaster(cluster: Path) -> list[str]:
    """The lines of postmaster.pid, or none.

    They are pid, folder, start, port, socket folder, address, memory key, state.
    """
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def postmaster_pid(cluster: Path) -> int | None:
    """The server that really runs on `cluster`; a number left by a crash is none."""
    lines = postmaster(cluster)
    pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
    if not pid:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return None  # another user's process has the number now: ours we could signal
    works_in = Path(f"/proc/{pid}/cwd")
    if works_in.parent.parent.joinpath("self").exists():
        try:
            return pid if works_in.resolve() == cluster else None
        except OSError:
            return None
    return pid


def ask_to_stop(cluster: Path) -> None:
    pid = postmaster_pid(cluster)
    if pid is not None:
        os.kill(pid, signal.SIGINT)


def clear_stale_pid(cluster: Path) -> None:
    """PostgreSQL takes any process with the old number for its predecessor: look closer."""
    pid = postmaster_pid(cluster)
    if pid is not None:
        raise errors.still_stopping(cluster, pid)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


@contextlib.contextmanager
def held_cluster(place: Place) -> Iterator[int]:
    """Keeper and server inherit this lock: free means that no process of the cluster is left."""
    lock = take(place.lock, 0)
    if lock is None:
        ask_to_stop(place.cluster)
        lock = take(place.lock, CLUSTER_LOCK_PATIENCE_S)
    if lock is None:
        raise errors.still_stopping(place.cluster, postmaster_pid(place.cluster))
    try:
        yield lock
    finally:
        os.close(lock)
