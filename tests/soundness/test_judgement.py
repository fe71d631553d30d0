# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Agreement, drift and surge say what plain counting says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.metric import Metric
from metrics.grain import Grain
from metrics.kinds.agreement import options as agreement
from metrics.kinds.drift import options as drift
from metrics.kinds.drift.options import Expected
from metrics.kinds.surge import options as surge
from metrics.observation import State
from tests.soundness import reference as plain
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

ROWS = {"id": "text", "t": "naive", "ch": "text", "one": "boolean", "two": "boolean", "kind": "text"}
NOW = at("2024-06-10T00:00")
EXPECTED = (Expected("a", 0.5), Expected("B", 0.25))


def world(rows: list[tuple[Any, ...]]) -> World:
    return World(
        {"log": table(ROWS, rows)},
        {"log": {"key": ("id",), "time": E("t"), "entities": entities(who="id"), "dimensions": dimensions(ch="ch"),
                 "complete_through": until_now()}},
    )  # fmt: skip


def metrics() -> Iterator[Metric]:
    plain: dict[str, Any] = {"dimensions": ("ch",), "grains": (Grain.MONTH,), "min_sample": 2}
    judged = agreement.Options("log", E("one"), E("two"), of=E("one is not null and two is not null"))
    yield metric("kappa", "agreement", judged, **plain)
    persona = drift.Options("log", E("kind"), EXPECTED)
    yield metric("variation", "drift", persona, **plain)
    yield metric("surge", "surge", surge.Options("log", where=E("kind = 'a'"), baseline=2), **plain)


ANSWER = st.sampled_from((True, True, False, None))
LINES = st.lists(
    st.tuples(st.integers(0, 160), st.sampled_from(("web", "Web", None)), ANSWER, ANSWER,
              st.sampled_from(("a", "A", "B", "é", None))),
    min_size=1, max_size=40,
)  # fmt: skip


def rows_of(lines: Any) -> list[tuple[Any, ...]]:
    return [(f"r{index}", datetime(2024, 1, 1, 12) + timedelta(days=days), *rest)
            for index, (days, *rest) in enumerate(lines)]  # fmt: skip


def cells(
    rows: list[tuple[Any, ...]],
) -> Iterator[tuple[date, tuple[tuple[str, str], ...], list[tuple[Any, ...]]]]:
    """Yield the rows of each month, in all and by channel; a month without rows too."""
    first = min(row[1] for row in rows)
    months = [date(2024, month, 1) for month in range(first.month, 7)]
    for month in months:
        own = [row for row in rows if row[1].month == month.month]
        yield month, (), own
        for channel in {row[2] or "(none)" for row in rows}:
            yield month, (("ch", channel),), [row for row in own if (row[2] or "(none)") == channel]


@drawn(LINES)
def test_kappa_is_that_of_the_plain_counts(engine: Engine, lines: Any) -> None:
    rows = rows_of(lines)
    found = by_cell(engine.holding(world(rows)).compute(next(metrics()), NOW))
    for month, segment, own in cells(rows):
        judged = [(row[3], row[4]) for row in own if row[3] is not None and row[4] is not None]
        n = len(judged)
        cell = found.get((Grain.MONTH, month, segment))
        if not n:
            assert cell is None or cell.state is State.NO_DATA
            continue
        assert cell is not None
        alike = sum(one == two for one, two in judged)
        assert (cell.numerator, cell.denominator, cell.sample_size) == (alike, n, n)
        yes = [sum(pair[side] for pair in judged) for side in (0, 1)]
        chance = (yes[0] * yes[1] + (n - yes[0]) * (n - yes[1])) / n**2
        expected = None if chance == 1 else (alike / n - chance) / (1 - chance)
        assert cell.value == (None if expected is None else pytest.approx(expected, abs=1e-12))


@drawn(LINES)
def test_drift_is_that_of_the_plain_shares(engine: Engine, lines: Any) -> None:
    rows = rows_of(lines)
    found = by_cell(engine.holding(world(rows)).compute(list(metrics())[1], NOW))
    for month, segment, own in cells(rows):
        kinds = [row[5] for row in own if row[5] is not None]
        cell = found.get((Grain.MONTH, month, segment))
        if not kinds:
            assert cell is None or (cell.state, cell.value) == (State.NO_DATA, None)
            continue
        assert cell is not None
        shares = {name: count / len(kinds) for name, count in Counter(kinds).items()}
        others = sum(share for name, share in shares.items() if name not in ("a", "B"))
        moved = abs(shares.get("a", 0) - 0.5) + abs(shares.get("B", 0) - 0.25) + abs(others - 0.25)
        assert cell.value == pytest.approx(moved / 2, abs=1e-12)
        assert cell.sample_size == len(kinds)


@drawn(LINES)
def test_surge_is_that_of_the_plain_months(engine: Engine, lines: Any) -> None:
    rows = rows_of(lines)
    found = by_cell(engine.holding(world(rows)).compute(list(metrics())[2], NOW))
    counts = {(month, segment): sum(row[5] == "a" for row in own) for month, segment, own in cells(rows)}
    first = min(month for month, _ in counts)
    late = plain.late(plain.Calendar(), NOW, [{"t": row[1]} for row in rows])
    for (month, segment), count in counts.items():
        before = [date(2024, month.month - back, 1) for back in (1, 2) if month.month > back]
        covered = len(before) == 2 and min(before) >= first
        baseline = sum(counts[each, segment] for each in before) if covered else 0
        cell = found.get((Grain.MONTH, month, segment))
        if not baseline:
            assert cell is None or cell.value is None
            continue
        assert cell is not None
        # Nine days of June's thirty have passed.
        elapsed = 0.3 if month.month == 6 else 1.0
        assert cell.value == pytest.approx(count / (baseline / 2 * elapsed), abs=1e-12)
        assert cell.state is (State.PROVISIONAL if month.month == 6 or min(before) < late else State.FINAL)
