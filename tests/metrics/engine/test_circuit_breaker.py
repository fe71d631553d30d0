"""What is waited for in vain comes last, and is not waited for again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.engine import planner, session
from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.errors import SourceError, SourceRejected, SourceTimeout, SourceUnavailable
from metrics.file_roots import FileRoots
from metrics.source import Source, open_source
from metrics.store.store import Store
from tests.metrics.live import ORDERS, Live, aggregate, at

NOW, LATER = at("2026-04-01T06:00"), at("2026-05-01T06:00")
Answer = Callable[[str], SourceError | None]


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


class Shop:
    """Answers for the shop's database in its own way, and remembers what it was asked; a timeout takes a minute."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.waited = 0.0
        self.answer: Answer = lambda sql: None
        patch.setattr(session, "open_source", self._open)
        patch.setattr(planner.time, "perf_counter", lambda: self.waited)

    def _open(self, definition: SourceDefinition, roots: FileRoots, datasets: Sequence[Dataset]) -> Source:
        source = open_source(definition, roots, datasets)
        if definition.name == "shop":
            real = source.fetch

            def fetch(select: object) -> object:
                self.asked.append(source.compiled(select))  # type: ignore[arg-type]
                error = self.answer(self.asked[-1])
                if error is not None:
                    self.waited += 60.0 if isinstance(error, SourceTimeout) else 0.0
                    raise error
                return real(select)  # type: ignore[arg-type]

            source.fetch = fetch  # type: ignore[method-assign,assignment]
        return source


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(monkeypatch)


def compute(live: Live) -> dict[str, Outcome]:
    with Session(live.catalog, live.root, NOW) as opened:
        return {
            each.metric: each
            for each in Planner(opened).compute([request_for(one) for one in live.catalog.metrics.values()])
        }


def errors(found: dict[str, Outcome]) -> dict[str, str]:
    return {name: str(each.error) for name, each in found.items() if each.error is not None}


# -- given up -----------------------------------------------------------------------------------------


def measures(live: Live, *names: str) -> None:
    """Keep metrics of the shop alone, each with a dataset of its own, whose name stands in all that it asks."""
    live.only()
    for name in names:
        rows = ORDERS.replace("dataset: orders", f"dataset: {name}") + f"where: channel <> '{name}'\n"
        live.define(f"datasets/{name}.yml", rows)
        live.define(f"metrics/sales/{name}.yml", aggregate(name, name, "count"))


def slow(*names: str) -> Answer:
    return lambda sql: SourceTimeout("shop", "no answer within 9 s") if any(
        f"'{name}'" in sql for name in names
    ) else None  # fmt: skip


def test_a_source_that_is_lost_is_asked_nothing_more(live: Live, shop: Shop) -> None:
    measures(live, "a", "b", "c")
    shop.answer = lambda sql: SourceUnavailable("shop", "the line is dead")
    assert errors(compute(live)) == dict.fromkeys("abc", "source 'shop': the line is dead")
    assert len(shop.asked) == 1


def test_a_query_that_takes_too_long_is_its_metrics_own_failure(live: Live, shop: Shop) -> None:
    measures(live, "a", "b", "c", "d")
    shop.answer = slow("b")
    assert errors(compute(live)) == {"b": "source 'shop': no answer within 9 s"}


def test_a_second_one_shows_that_it_is_the_source(live: Live, shop: Shop) -> None:
    measures(live, "a", "b", "c", "d")
    shop.answer = slow("b", "c")
    assert errors(compute(live)) == dict.fromkeys("abcd", "source 'shop': no answer within 9 s")
    # All are planned before the first is read: that of `a` was answered, and `d` came too late for its own.
    assert [name for name in "abcd" if any(f"'{name}'" in sql for sql in shop.asked)] == ["a", "b", "c"]


def test_an_error_of_the_query_gives_nobody_up(live: Live, shop: Shop) -> None:
    measures(live, "a", "b", "c", "d")
    shop.answer = lambda sql: None if "'d'" in sql else SourceRejected("shop", "no")
    assert set(errors(compute(live))) == {"a", "b", "c"}


# -- in turn ------------------------------------------------------------------------------------------


def test_what_a_source_that_is_down_is_needed_for_comes_last(live: Live, shop: Shop) -> None:
    with Store.open(live.url) as store:
        usual = [line.metric for line in live.refresh(store).lines]
        live.clock.now = LATER
        live.fill(120)
        away = live.file("shop").rename(live.root / "away")
        # One metric alone finds that the source is down; then all know it.
        assert len(live.refresh(store, "kept_promises").failed) == 1
        summary = live.refresh(store)
        lines = [line.metric for line in summary.lines]
        assert set(lines[:2]) == {"complaints", "csat"}
        assert {line.metric for line in summary.failed} == set(lines[2:])
        away.rename(live.file("shop"))
        assert live.refresh(store).failed == ()
        # All is as it was: nothing is doubtful any more.
        assert [line.metric for line in live.refresh(store).lines] == usual


def test_two_slow_metrics_do_not_keep_the_others_from_their_source(live: Live, shop: Shop) -> None:
    measures(live, "a", "b", "c", "d")
    with Store.open(live.url) as store:
        shop.answer = slow("a", "b")
        first = {line.metric for line in live.refresh(store).failed}
        assert first == {"a", "b", "c", "d"}
        # What failed at once, as the source had been given up, comes before what was waited for.
        assert {line.metric for line in live.refresh(store).failed} == {"a", "b"}
        shop.answer = slow()
        assert live.refresh(store).failed == ()
