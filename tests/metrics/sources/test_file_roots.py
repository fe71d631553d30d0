"""A canary outside of the project is never read, whatever leads to it and whenever that is put there."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.errors import SourceRejected
from metrics.file_roots import FileRoots
from metrics.source import Source, open_source

OUTSIDE = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("project", "elsewhere"):
        (tmp_path / folder / "data").mkdir(parents=True)
        with duckdb.connect(str(tmp_path / folder / "log.duckdb")) as made:
            made.sql(f"create table log as select '{folder}' as word")
            for ending in ("csv", "parquet"):
                made.sql(f"copy log to '{tmp_path / folder / 'data' / f'log.{ending}'}'")
    return tmp_path / "project"


def opened(home: Path, *files: str, url: str = "duckdb:///:memory:", roots: tuple[str, ...] = ()) -> Source:
    log = Dataset("log", "files", files=files) if files else Dataset("log", "files", table="log")
    return open_source(SourceDefinition("files", url), FileRoots(home, roots), [log])


def words(source: Source, *files: str) -> list[str]:
    log = Dataset("log", "files", files=files) if files else Dataset("log", "files", table="log")
    try:
        return [word for (word,) in source.fetch(sa.select(source.table(log).c.word)).rows()]
    finally:
        source.close()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_paths_that_leave_the_project_are_refused(home: Path, ending: str) -> None:
    absolute = str(home.parent / "elsewhere" / "data" / f"log.{ending}")
    for path in (f"../elsewhere/data/log.{ending}", absolute, f"data/../../elsewhere/*/*.{ending}"):
        with pytest.raises(SourceRejected) as refused:
            words(opened(home, path), path)
        assert str(refused.value) == f"source 'files': {path!r} lies {OUTSIDE}"
        assert words(opened(home, path, roots=("../elsewhere",)), path) == ["elsewhere"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_links_that_leave_the_project_are_refused(home: Path, ending: str) -> None:
    (home / "data" / f"more.{ending}").symlink_to(home.parent / "elsewhere" / "data" / f"log.{ending}")
    pattern = f"data/*.{ending}"
    with pytest.raises(SourceRejected) as refused:
        words(opened(home, pattern), pattern)
    assert str(refused.value) == f"source 'files': 'data/more.{ending}' is a link to a file {OUTSIDE}"
    assert sorted(words(opened(home, pattern, roots=("../elsewhere",)), pattern)) == ["elsewhere", "project"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_that_is_put_there_after_the_source_was_opened_is_refused(
    home: Path, ending: str, swapped: str
) -> None:
    path = f"data/log.{ending}"
    source = opened(home, path)
    _swap(home, path if swapped == "file" else "data")
    with pytest.raises(SourceRejected) as refused:
        words(source, path)
    assert str(refused.value) == f"source 'files': {path!r} is a link to a file {OUTSIDE}"


def test_a_link_that_is_put_there_after_the_columns_were_read_is_refused(home: Path) -> None:
    path = "data/log.parquet"
    source, log = opened(home, path), Dataset("log", "files", files=(path,))
    select = sa.select(source.table(log).c.word)
    assert [*source.fetch(select).rows()] == [("project",)]
    _swap(home, path)
    with pytest.raises(SourceRejected) as refused:
        source.fetch(select)
    source.close()
    assert str(refused.value) == f"source 'files': {path!r} is a link to a file {OUTSIDE}"


def test_a_database_outside_is_refused(home: Path) -> None:
    (home / "linked.duckdb").symlink_to(home.parent / "elsewhere" / "log.duckdb")
    absolute = str(home.parent / "elsewhere" / "log.duckdb")
    said = {
        "../elsewhere/log.duckdb": f"'../elsewhere/log.duckdb' lies {OUTSIDE}",
        absolute: f"{absolute!r} lies {OUTSIDE}",
        "linked.duckdb": f"'linked.duckdb' is a link to a file {OUTSIDE}",
    }
    for path, expected in said.items():
        with pytest.raises(SourceRejected) as refused:
            opened(home, url=f"duckdb:///{path}")
        assert str(refused.value) == f"source 'files': {expected}"
        assert words(opened(home, url=f"duckdb:///{path}", roots=("../elsewhere",))) == ["elsewhere"]
    assert words(opened(home, url="duckdb:///log.duckdb")) == ["project"]


def test_a_view_in_a_database_reads_no_file_besides(home: Path) -> None:
    with duckdb.connect(str(home / "log.duckdb")) as made:
        canary = home.parent / "elsewhere" / "data" / "log.csv"
        made.sql(f"create or replace view log2 as select * from read_csv('{canary}')")
        made.sql("drop table log")
        made.sql("alter view log2 rename to log")
    with pytest.raises(SourceRejected) as refused:
        words(opened(home, url="duckdb:///log.duckdb"))
    assert "file system operations are disabled by configuration" in str(refused.value)


def _swap(home: Path, path: str) -> None:
    (home / path).rename(home / "aside")
    (home / path).symlink_to(home.parent / "elsewhere" / path)
