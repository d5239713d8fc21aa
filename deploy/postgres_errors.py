"""The sentences with which the embedded PostgreSQL refuses to start, for who started it."""

from __future__ import annotations

import errno
from pathlib import Path


class StartRefused(Exception):
    """The office cannot start here: one sentence in Chinese and in English, each with the mend."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.code = code
        self.zh = zh
        self.en = en


def unsupported_platform() -> StartRefused:
    return StartRefused(
        "postgres.unsupported_platform",
        "本机系统不能运行内置数据库：请在 Linux、macOS 或 WSL 中运行，"
        "或用 JUYANG_DATABASE_URL 指定已有的 PostgreSQL。",
        "The embedded database does not run on this system: use Linux, macOS or WSL,"
        " or name a PostgreSQL server in JUYANG_DATABASE_URL.",
    )


def missing_programs() -> StartRefused:
    return StartRefused(
        "postgres.missing_programs",
        "未找到内置数据库的程序：请运行 make install，"
        "或用 JUYANG_DATABASE_URL 指定已有的 PostgreSQL。",
        "The programs of the embedded database are missing: run make install,"
        " or name a PostgreSQL server in JUYANG_DATABASE_URL.",
    )


def no_account() -> StartRefused:
    return StartRefused(
        "postgres.no_account",
        "数据库不能以 root 身份运行，而本机没有 juyang、postgres 或 nobody 账户："
        "请改用普通用户启动。",
        "The database must not run as root and this machine has no account"
        " juyang, postgres or nobody: start as an ordinary user.",
    )


def nameless_user(uid: int) -> StartRefused:
    return StartRefused(
        "postgres.nameless_user",
        f"当前用户（编号 {uid}）在本机没有账户名，PostgreSQL 不接受：请为其建立账户，"
        "或换一个有账户名的用户启动。",
        f"The current user (number {uid}) has no account name here, which PostgreSQL requires:"
        " give it an account, or start as a user who has one.",
    )


def disk_full(where: Path, needed_mb: int) -> StartRefused:
    return StartRefused(
        "postgres.disk_full",
        f"磁盘空间不足：{where} 至少需要 {needed_mb} MB 空闲。请腾出空间，或用 --data 换一个目录。",
        f"The disk is full: {where} needs at least {needed_mb} MB free."
        " Make room, or choose another directory with --data.",
    )


def unwritable(where: Path) -> StartRefused:
    return StartRefused(
        "postgres.unwritable",
        f"不能写入 {where}：请修改该目录的权限，或用 --data 换一个可写的目录。",
        f"Cannot write to {where}: change its permissions,"
        " or choose a writable directory with --data.",
    )


def path_too_long(where: Path) -> StartRefused:
    return StartRefused(
        "postgres.path_too_long",
        f"目录路径过长（{len(str(where))} 个字符）：请用 --data 换一个较短的路径。",
        f"The path of the data directory is too long ({len(str(where))} characters):"
        " choose a shorter one with --data.",
    )


def already_running(data_dir: Path, pid: str) -> StartRefused:
    return StartRefused(
        "postgres.already_running",
        f"{data_dir} 已有一个居养在运行（进程 {pid or '?'}）："
        "请使用它，或先将其停止，或用 --data 换一个目录。",
        f"An office is already running on {data_dir} (process {pid or '?'}):"
        " use it, stop it first, or choose another directory with --data.",
    )


def still_stopping(cluster: Path, pid: int | None) -> StartRefused:
    name = pid or "?"
    return StartRefused(
        "postgres.still_stopping",
        f"{cluster} 的数据库仍被占用（进程 {name}）：请稍候再试；若仍不行，执行 kill -INT {name}。",
        f"The database in {cluster} is still in use (process {name}):"
        f" try again shortly; if that does not help, run kill -INT {name}.",
    )


def not_a_cluster(cluster: Path) -> StartRefused:
    return StartRefused(
        "postgres.not_a_cluster",
        f"{cluster} 不是完整的数据库目录：请从备份恢复，或将其移走后重新启动（会新建空库）。",
        f"{cluster} is not a complete database directory: restore it from a backup,"
        " or move it away and start again (a new, empty database is then made).",
    )


def other_version(cluster: Path, found: str, wanted: str) -> StartRefused:
    return StartRefused(
        "postgres.other_version",
        f"{cluster} 由 PostgreSQL {found} 建立，本程序用的是 {wanted}："
        f"请用 {found} 版导出再导入，或用 pg_upgrade 升级，或换回原来的居养版本。",
        f"{cluster} was made by PostgreSQL {found} and this program brings {wanted}:"
        f" dump it with {found} and load it again, run pg_upgrade,"
        " or go back to the former Juyang.",
    )


def missing_home(link: Path, target: str) -> StartRefused:
    return StartRefused(
        "postgres.missing_home",
        f"{link} 指向的 {target} 已不存在："
        "请从备份恢复该目录，或删除此链接后重新启动（会新建空库）。",
        f"{link} points to {target}, which is gone: restore that directory from a backup,"
        " or remove the link and start again (a new, empty database is then made).",
    )


def missing_password(file: Path) -> StartRefused:
    return StartRefused(
        "postgres.missing_password",
        f"数据库还在，但口令文件 {file} 不见了：请从备份恢复该文件。",
        f"The database is there but its password file {file} is gone:"
        " restore that file from a backup.",
    )


def did_not_start(log: Path, reason: str) -> StartRefused:
    return StartRefused(
        "postgres.did_not_start",
        f"数据库未能启动（{reason or '原因不明'}）：请查看 {log}，排除后重新启动。",
        f"The database did not start ({reason or 'no reason given'}):"
        f" read {log}, mend it, and start again.",
    )


def from_os(error: OSError, where: Path, needed_mb: int) -> StartRefused:
    """Shapes what the operating system said about `where` into one of the sentences above."""
    path = Path(str(error.filename)) if error.filename else where
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(where, needed_mb)
    if error.errno == errno.ENAMETOOLONG:
        return path_too_long(where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return unwritable(path)
    if error.errno == errno.ENOEXEC:
        return unsupported_platform()
    return did_not_start(where, error.strerror or "")
