"""A company in two states, a store that nobody kills, and stores to kill on both engines."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from metrics.store.store import Store
from tests.crash.company import fill, refresh, show
from tests.crash.harness import Trial, Twin
from tests.postgres_server import PostgresServer

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("states")
    fill(folder)
    return folder


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory, states: Path) -> Iterator[Twin]:
    made = Twin(tmp_path_factory.mktemp("twin"), states)
    yield made
    made.close()


def alone(server: PostgresServer) -> None:
    """Wait until no other session uses a database: a client that was killed is not noticed at once."""
    deadline = time.monotonic() + 30
    with server.connect() as connection:
        while True:
            others = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid()"
            ).fetchone()
            if others == (0,):
                return
            assert time.monotonic() < deadline, "a session does not end"
            time.sleep(0.005)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, states: Path) -> Path:
    """Return a SQLite store that holds the first round."""
    return _first(tmp_path_factory.mktemp("first"), states, "sqlite:///{folder}/store.db") / "store.db"


@pytest.fixture(scope="session")
def first_served(
    tmp_path_factory: pytest.TempPathFactory, states: Path, postgres: PostgresServer
) -> Iterator[str]:
    """Return the name of a database with a store that holds the first round."""
    with postgres.fresh() as database:
        _first(tmp_path_factory.mktemp("first"), states, database.url)
        yield database.database


def _first(folder: Path, states: Path, url: str) -> Path:
    show(folder, states, 1)
    with Store.open(url.format(folder=folder)) as store:
        assert refresh(store, folder, 1).failed == ()
    return folder


@pytest.fixture(params=BOTH)
def trial(request: pytest.FixtureRequest, tmp_path: Path, states: Path, twin: Twin) -> Iterator[Trial]:
    """Return a store that holds the first round."""
    if request.param == "sqlite":
        shutil.copy2(request.getfixturevalue("first"), tmp_path / "store.db")
        yield Trial(tmp_path / "p", states, f"sqlite:///{tmp_path / 'store.db'}", twin)
        return
    template: str = request.getfixturevalue("first_served")
    server: PostgresServer = request.getfixturevalue("postgres")
    with copied(server, template) as database:
        yield Trial(tmp_path / "p", states, database.url, twin, lambda: alone(database))


@contextmanager
def copied(server: PostgresServer, template: str) -> Iterator[PostgresServer]:
    """Copy a database, and drop the copy at the end."""
    name = f"t{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(f'create database "{name}" template "{template}"')
    yield PostgresServer(server.port, name)
    with server.connect() as connection:
        connection.execute(f'drop database "{name}" with (force)')


@dataclass(frozen=True)
class Place:
    """A place for a store; `settle` waits until nobody holds it any more."""

    url: str
    settle: Callable[[], None]


@dataclass
class Places:
    """Places for stores on one engine, for as long as the stack is open."""

    folder: Path
    server: PostgresServer | None
    stack: ExitStack
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def empty(self) -> Place:
        """Return a place in which there is no store yet."""
        if self.server is None:
            return self._file()
        return _served(self.stack.enter_context(self.server.fresh()))

    def copy(self, place: Place) -> Place:
        """Return a place with a copy of a store that nobody has open."""
        if self.server is None:
            made = self._file()
            shutil.copytree(_file_of(place).parent, _file_of(made).parent)
            return made
        name = place.url.rpartition("/")[2]
        return _served(self.stack.enter_context(copied(self.server, name)))

    def _file(self) -> Place:
        return Place(f"sqlite:///{self.folder / str(next(self.numbers)) / 'store.db'}", lambda: None)


def _file_of(place: Place) -> Path:
    return Path(place.url.removeprefix("sqlite:///"))


def _served(server: PostgresServer) -> Place:
    return Place(server.url, lambda: alone(server))


@pytest.fixture(params=BOTH)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    with ExitStack() as stack:
        yield Places(tmp_path, server, stack)


@contextmanager
def mounted(folder: Path, size: str, owner: int) -> Iterator[Path]:
    """Mount a small file system on a folder; where that is not allowed, skip, but never in CI."""
    options = f"size={size},uid={owner},mode=700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        _cannot("there is no mount")
    if done.returncode:
        _cannot(f"a file system may not be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _cannot(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with room for 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted(folder, "1m", os.geteuid()) as disk:
        yield disk


@dataclass(frozen=True)
class ServedDisk:
    """A small disk with a database on it; the server's log of what it writes is on another."""

    folder: Path
    database: PostgresServer


@pytest.fixture
def served_disk(postgres: PostgresServer, first_served: str) -> Iterator[ServedDisk]:
    """Return a database with a store of one round, whose tables have a small disk to themselves."""
    name = f"t{uuid.uuid4().hex}"
    # The server reaches no folder of this user's own.
    with tempfile.TemporaryDirectory(prefix="small-disk-") as made, postgres.connect() as connection:
        folder = Path(made)
        folder.chmod(0o755)
        [[cluster]] = connection.execute("show data_directory").fetchall()
        (folder / "disk").mkdir()
        with mounted(folder / "disk", "32m", Path(cluster).stat().st_uid) as disk:
            connection.execute(f"create tablespace {name} location '{disk}'")  # type: ignore[arg-type]
            connection.execute(f'create database {name} template "{first_served}" tablespace {name}')  # type: ignore[arg-type]
            yield ServedDisk(disk, PostgresServer(postgres.port, name))
            connection.execute(f"drop database {name} with (force)")  # type: ignore[arg-type]
            connection.execute(f"drop tablespace {name}")  # type: ignore[arg-type]
