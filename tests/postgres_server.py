"""A private PostgreSQL server for the tests: made in a temporary folder, on a free port of the loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

PASSWORD = "correct-horse"
_FOLDERS = "/usr/lib/postgresql/*/bin"
_STARTING_SECONDS = 60

# What an installation may be set to, to show that nothing depends on it: sorting that is not binary, a zone
# that is not UTC, and dates that are read and written the other way round.
_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB",
    "max_connections": "40", "timezone": "America/New_York", "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard", "jit": "off", "autovacuum": "off",
}  # fmt: skip


@dataclass(frozen=True)
class PostgresServer:
    """A running server; its owner may do everything."""

    port: int
    database: str = "postgres"

    @property
    def url(self) -> str:
        """Return the URL as people write it, the owner's password included."""
        return f"postgresql://owner:{PASSWORD}@127.0.0.1:{self.port}/{self.database}"

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection that commits every statement."""
        return psycopg.connect(self.url, autocommit=True)

    @contextmanager
    def fresh(self) -> Iterator[PostgresServer]:
        """Make an empty database, and drop it at the end."""
        name = f"t{uuid.uuid4().hex}"
        with self.connect() as connection:
            connection.execute(f'create database "{name}"')
        yield PostgresServer(self.port, name)
        with self.connect() as connection:
            connection.execute(f'drop database "{name}" with (force)')


def binaries() -> Path | None:
    """Return the folder of the newest installed server's programs, None where there is none."""
    found = sorted(
        Path("/").glob(_FOLDERS.removeprefix("/") + "/initdb"), key=lambda path: float(path.parts[-3])
    )
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running(programs: Path) -> Iterator[PostgresServer]:
    """Run a server until the end of the block."""
    as_user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="postgres-test-"))
    try:
        if as_user:
            os.chown(folder, as_user["user"], as_user["group"])
        _initialise(programs, folder, as_user)
        port = _free_port()
        process = _start(programs, folder, port, as_user)
        try:
            _wait(process, port, folder)
            yield PostgresServer(port)
        finally:
            # An interrupt ends it at once, without waiting for clients.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> dict[str, Any]:
    """Return whom to run as: the server refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no user to run PostgreSQL as")


def _initialise(programs: Path, folder: Path, as_user: dict[str, Any]) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    command = [
        str(programs / "initdb"), "-D", str(folder / "cluster"), "-U", "owner", f"--pwfile={secret}",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
        "--icu-locale=en-US", "--no-sync",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, **as_user)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _start(programs: Path, folder: Path, port: int, as_user: dict[str, Any]) -> subprocess.Popen[bytes]:
    settings = {
        **_SETTINGS,
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(folder / "cluster"), *options]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, **as_user
        )


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            PostgresServer(port).connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"PostgreSQL does not start: {log.strip()[-2000:]}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
