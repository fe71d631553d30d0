"""What a store holds, in a form that two stores can be compared in, and what may not be in any store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from metrics.store.store import Store
from metrics.store.tables import definitions, observations, refreshes, runs, sources
from tests.store_engine import engine_of

Key = tuple[Any, ...]
Version = tuple[Any, ...]
Versions = Mapping[Key, tuple[Version, ...]]

_KEY = ("metric", "grain", "cut", "dimensions", "period_start")
_TIMES = ("watermark", "computed_at")
_NAMES = tuple(column.name for column in observations.c)
_RESULT = tuple(name for name in _NAMES if name not in (*_KEY, *_TIMES, "id", "run"))
_COLUMNS = [observations.c[name] for name in (*_KEY, *_RESULT, *_TIMES, "run")]


@dataclass(frozen=True)
class Held:
    """Every version of every value, by metric; the definitions, sources and refreshes beside them.

    Ids of rows and runs are left out: they are no two times the same. `wrong` says what no store may hold.
    """

    versions: Mapping[str, Versions]
    definitions: frozenset[tuple[str, str]]
    sources: tuple[Version, ...]
    refreshes: int
    wrong: tuple[str, ...] = ()

    def metric(self, name: str) -> Versions:
        """Return the versions of one metric's values."""
        return self.versions.get(name, {})


def held(store: Store) -> Held:
    """Read a whole store."""
    with engine_of(store).connect() as connection:
        known = connection.execute(select(definitions.c.hash, definitions.c.metric)).all()
        versions: dict[str, dict[Key, tuple[Version, ...]]] = {}
        rows_of: Counter[str] = Counter()
        for row in connection.execute(select(*_COLUMNS).order_by(observations.c.id)):
            of, key = versions.setdefault(row[0], {}), tuple(row[: len(_KEY)])
            of[key] = (*of.get(key, ()), tuple(row[len(_KEY) : -1]))
            rows_of[row[-1]] += 1
        return Held(
            versions,
            frozenset((row.hash, row.metric) for row in known),
            tuple(tuple(row) for row in connection.execute(select(sources).order_by(sources.c.source))),
            connection.execute(select(func.count()).select_from(refreshes)).scalar_one(),
            (*_incomplete(connection, rows_of), *_repeated(versions), *_damaged(connection)),
        )


def _incomplete(connection: Connection, rows_of: Mapping[str, int]) -> list[str]:
    """Say which runs do not have their rows, all of them and no more."""
    asked = select(runs.c.id, runs.c.metric, (runs.c.written + runs.c.tombstones).label("said"))
    found = connection.execute(asked).all()
    wrong = [
        f"a run of {run.metric} has {rows_of.get(run.id, 0)} rows and says that it wrote {run.said}"
        for run in found
        if rows_of.get(run.id, 0) != run.said
    ]
    return wrong + [f"rows are of no run: {name}" for name in rows_of.keys() - {run.id for run in found}]


def _repeated(versions: Mapping[str, Versions]) -> list[str]:
    """Say which rows give the result of the row before them."""
    wrong, size = [], len(_RESULT)
    for metric, of in versions.items():
        twice = sum(one[:size] == two[:size] for each in of.values() for one, two in pairwise(each))
        wrong += [f"{metric}: {twice} rows say again what the row before them said"] if twice else []
    return wrong


def _damaged(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    told = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    wrong = [f"the file is damaged: {line}" for line in told if line != "ok"]
    return wrong + ([f"{len(broken)} rows refer to what is not there"] if broken else [])


def torn(now: Held, before: Held, after: Held) -> list[str]:
    """Say what is wrong right after a kill: each metric is as before the refresh or as after it, whole."""
    wrong = list(now.wrong)
    for metric in sorted({*before.versions, *after.versions, *now.versions}):
        if now.metric(metric) not in (before.metric(metric), after.metric(metric)):
            wrong.append(f"{metric} is neither as before the refresh nor as after it")
    if not before.definitions <= now.definitions <= after.definitions:
        wrong.append("the definitions are neither those before the refresh nor those after it")
    return wrong


def different(now: Held, wanted: Held) -> list[str]:
    """Say how a store that was refreshed to the end differs from one that nobody ever killed."""
    wrong = list(now.wrong)
    for metric in sorted({*wanted.versions, *now.versions}):
        ours, theirs = now.metric(metric), wanted.metric(metric)
        kinds = Counter(
            "lost" if len(ours.get(key, ())) < len(theirs.get(key, ())) else
            "added" if len(ours.get(key, ())) > len(theirs.get(key, ())) else "changed"
            for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)
        )  # fmt: skip
        wrong += [f"{metric}: {number} values with rows {kind}" for kind, number in sorted(kinds.items())]
    if now.definitions != wanted.definitions:
        wrong.append("other definitions are known")
    if now.sources != wanted.sources:
        wrong.append(f"the sources are {now.sources}, not {wanted.sources}")
    if now.refreshes < wanted.refreshes:
        wrong.append(f"{wanted.refreshes - now.refreshes} refreshes are not recorded")
    return wrong
