"""A session opens each source once, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.engine import session as engine
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.errors import SourceMissing, SourceRejected, SourceTimeout
from metrics.file_roots import FileRoots
from metrics.source import Source, open_source
from tests.metrics.live import Live, at

NOW = at("2026-04-01T06:00")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


@pytest.fixture
def session(live: Live) -> Iterator[Session]:
    with Session(live.catalog, live.root, NOW) as opened:
        yield opened


def test_a_source_that_cannot_be_opened_is_tried_once(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def opening(definition: SourceDefinition, roots: FileRoots, datasets: Sequence[Dataset]) -> Source:
        tries.append(definition.name)
        return open_source(definition, roots, datasets)

    monkeypatch.setattr(engine, "open_source", opening)
    live.file("shop").unlink()
    with Session(live.catalog, live.root, NOW) as session:
        for _ in range(2):
            with pytest.raises(SourceMissing, match=r"source 'shop': no file data/shop\.duckdb"):
                session.scope("orders")
            session.scope("tickets")
    assert sorted(tries) == ["desk", "shop"]


def test_a_source_that_was_given_up_is_asked_nothing(session: Session) -> None:
    lost = SourceTimeout("shop", "no answer within 9 s")
    for error in (lost, SourceTimeout("shop", "nor to this")):
        session.circuit_breaker.met(error)
    with pytest.raises(SourceTimeout, match="nor to this"):
        session.fetch("shop", sa.select(sa.literal(1)))
    assert session.statements == []


def test_a_union_is_where_its_first_part_is(live: Live) -> None:
    live.define(
        "datasets/both.yml",
        "dataset: both\nunion: [{dataset: orders}, {dataset: orders}]\ntime: ordered_at\n",
    )
    with Session(live.catalog, live.root, NOW) as session:
        assert (session.source_of("both"), session.source_of("tickets")) == ("shop", "desk")


def test_one_row_and_one_number(session: Session) -> None:
    row = session.fetch_one("shop", sa.select(sa.literal(7).label("a"), sa.literal("x").label("b")))
    assert dict(row) == {"a": 7, "b": "x"}
    assert session.count("shop", sa.select(sa.literal(7))) == 7
    assert session.count("shop", sa.select(sa.null())) == 0
    assert [each.source for each in session.statements] == ["shop"] * 3


def test_a_statement_that_fails_is_remembered(session: Session) -> None:
    with pytest.raises(SourceRejected):
        session.fetch("shop", sa.select(sa.column("nothing")))
    assert [each.sql for each in session.statements] == ["SELECT nothing"]


def test_statements_are_the_engines_own_sql(session: Session) -> None:
    list(Planner(session).compute([request_for(session.catalog.metric("revenue"))]))
    extent, scan = (each.sql for each in session.statements)
    assert "max(" in extent
    assert "GROUPING SETS" in scan
    assert "grouping_sets(" not in scan.lower().replace("grouping sets", "")
