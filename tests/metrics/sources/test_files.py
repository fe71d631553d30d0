"""A pipe, a folder or a mount that hangs ends the metric in words, and in time."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.errors import SourceRejected, SourceTimeout
from metrics.file_roots import FileRoots
from metrics.grain import Span
from metrics.source import Source, open_source
from metrics.sources._shared import files
from metrics.sources._shared.files import within

LOG = Dataset("log", "files", files=("data/*",))


def opened(root: Path, url: str = "duckdb:///:memory:", timeout: str = "60s") -> Source:
    return open_source(SourceDefinition("files", url, timeout=Span.parse(timeout)), FileRoots(root), [LOG])


def make(kind: str, path: Path) -> Iterator[None]:
    if kind == "a pipe":
        os.mkfifo(path)
        yield
    elif kind == "a folder":
        path.mkdir()
        yield
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
            yield


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket"])
def test_only_regular_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    (tmp_path / "data").mkdir()
    # The names of sockets are short.
    monkeypatch.chdir(tmp_path)
    for _ in make(kind, Path("data/log.csv")):
        source = opened(tmp_path)
        with pytest.raises(SourceRejected) as refused:
            source.columns(LOG)
        assert str(refused.value) == f"source 'files': data/log.csv is {kind}: only regular files are read"
        source.close()


def test_a_link_to_a_regular_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "there.csv").write_text("id\n1\n")
    (tmp_path / "data" / "log.csv").symlink_to(tmp_path / "there.csv")
    source = opened(tmp_path)
    assert list(source.columns(LOG)) == ["id"]
    source.close()


def test_a_database_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sales.duckdb")
    with pytest.raises(SourceRejected, match=r"sales.duckdb is a pipe: only regular files are read"):
        opened(tmp_path, "duckdb:///sales.duckdb")


@pytest.mark.parametrize("hanging", ["glob", "stat"])
def test_a_mount_that_hangs_is_given_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hanging: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.csv").write_text("id\n1\n")
    free = threading.Event()

    def hang(*_: object, **__: object) -> None:
        free.wait(60)

    began = time.monotonic()
    if hanging == "glob":
        monkeypatch.setattr(files, "_expand", hang)
    else:
        monkeypatch.setattr(files, "require_regular", hang)
    with pytest.raises(SourceTimeout) as gone:
        opened(tmp_path, timeout="1s").columns(LOG)
    shown = "data/*" if hanging == "glob" else "log.csv"
    assert str(gone.value) == f"source 'files': {shown}: the file system has not answered within 1 s"
    assert gone.value.transient
    assert time.monotonic() - began < 30
    free.set()


def test_what_a_look_meets_is_raised_where_it_was_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        within(60, "files", "x", lambda: 1 // 0)
    assert within(60, "files", "x", lambda: None) is None
