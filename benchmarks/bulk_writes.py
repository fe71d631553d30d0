"""200,000 observations new, unchanged and all changed, against statements by hand.

SQLite: executemany into a temporary table and one merge, or one executemany where all are new. PostgreSQL: COPY into
a temporary table and one merge. Both sides begin with the same observations; seconds of the processor are those of
this process and of the server's child that answers it. `python -m benchmarks.bulk_writes postgresql://...`
"""

# ruff: noqa: S608
from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from metrics.grain import Grain, Period
from metrics.observation import Observation, State
from metrics.store.store import Run, Store

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAYS, SEGMENTS = 1_000, 200
NAMES = (
    "metric", "grain", "cut", "dimensions", "period_start", "period_end", "definition_hash", "code_version",
    "state", "value", "numerator", "denominator", "lower", "upper", "sample_size", "maturity", "watermark",
    "computed_at", "run",
)  # fmt: skip
LIST = ", ".join(NAMES)
MERGE = f"""insert into observations ({LIST}) select {LIST} from given g where not exists (
    select 1 from observations o where o.id = (
        select max(id) from observations k where k.metric = g.metric and k.grain = g.grain and k.cut = g.cut
        and k.dimensions = g.dimensions and k.period_start = g.period_start
    ) and o.definition_hash = g.definition_hash and o.code_version = g.code_version and o.state = g.state
    and o.sample_size = g.sample_size and abs(o.value - g.value) <= 1e-9 * abs(g.value)
    and abs(o.numerator - g.numerator) <= 1e-9 * abs(g.numerator)
    and abs(o.denominator - g.denominator) <= 1e-9 * abs(g.denominator)
    and abs(o.lower - g.lower) <= 1e-9 * abs(g.lower) and abs(o.upper - g.upper) <= 1e-9 * abs(g.upper)
)"""
MERGE_POSTGRES = f"""insert into observations ({LIST}) select {", ".join("g." + name for name in NAMES)}
    from given g left join (
        select distinct on (grain, cut, dimensions, period_start) * from observations where metric = 'made'
        order by grain, cut, dimensions, period_start, id desc
    ) o using (grain, cut, dimensions, period_start)
    where o.id is null or (o.definition_hash, o.code_version, o.state, o.sample_size)
        is distinct from (g.definition_hash, g.code_version, g.state, g.sample_size)
    or abs(o.value - g.value) > 1e-9 * abs(g.value) or abs(o.lower - g.lower) > 1e-9 * abs(g.lower)
    or abs(o.numerator - g.numerator) > 1e-9 * abs(g.numerator) or abs(o.upper - g.upper) > 1e-9 * abs(g.upper)
    or abs(o.denominator - g.denominator) > 1e-9 * abs(g.denominator)"""


def a_run() -> Run:
    """Return a run of the metric."""
    return Run(
        uuid.uuid4().hex, "made", "h" * 64, 1, NOW, NOW, NOW, "ok", None,
        (Grain.DAY,), (("channel", "segment"),), 1.0,
    )  # fmt: skip


def observations(more: float) -> list[Observation]:
    """Return the metric's values."""
    first = date(2022, 1, 1)
    days = [Period(Grain.DAY, first + timedelta(day), first + timedelta(day + 1)) for day in range(DAYS)]
    segments = [(("channel", f"c{each % 10}"), ("segment", f"s{each // 10}")) for each in range(SEGMENTS)]
    return [
        Observation(
            metric="made", definition_hash="h" * 64, code_version=1, grain=Grain.DAY, period=period,
            dimensions=segment, state=State.FINAL, watermark=NOW, computed_at=NOW, value=index / 7 + more,
            numerator=index / 3, denominator=3.0, lower=index / 8, upper=index / 6, sample_size=index, maturity=1.0,
        )
        for period in days
        for index, segment in enumerate(segments)
    ]  # fmt: skip


def rows(seen: list[Observation], run: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of observations, as one would write it by hand."""
    instant = NOW.strftime("%Y-%m-%d %H:%M:%S.%f")
    written: dict[Any, tuple[str, str]] = {}
    for one in seen:
        if one.dimensions not in written:
            texts = [json.dumps(each, separators=(",", ":")) for each in (one.by, one.dimensions)]
            written[one.dimensions] = texts[0], texts[1]
        cut, segment = written[one.dimensions]
        start, end = one.period.start, one.period.end
        assert start is not None
        assert end is not None
        yield (
            one.metric, "day", cut, segment, start.isoformat(), end.isoformat(), one.definition_hash,
            one.code_version, "final", one.value, one.numerator, one.denominator, one.lower, one.upper,
            one.sample_size, one.maturity, instant, instant, run,
        )  # fmt: skip


def by_hand_sqlite(file: Path, new: bool) -> Callable[[list[Observation]], None]:
    """Return what writes observations into a file by hand."""
    places = ", ".join("?" * len(NAMES))

    def write(seen: list[Observation]) -> None:
        connection = sqlite3.connect(file)
        run = _run_by_hand(connection.execute, "?")
        into = "observations" if new else "given"
        if not new:
            connection.execute(f"create temporary table given as select {LIST} from observations limit 0")
        connection.executemany(f"insert into {into} ({LIST}) values ({places})", rows(seen, run))
        if not new:
            connection.execute(MERGE)
        connection.commit()
        connection.close()

    return write


def by_hand_postgres(url: str) -> Callable[[list[Observation]], None]:
    """Return what writes observations into a server by hand."""
    import psycopg

    def write(seen: list[Observation]) -> None:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            run = _run_by_hand(cursor.execute, "%s")
            cursor.execute(
                f"create temporary table given on commit drop as select {LIST} from observations limit 0"
            )
            with cursor.copy(f"copy given ({LIST}) from stdin") as copy:
                for row in rows(seen, run):
                    copy.write_row(row)
            cursor.execute(MERGE_POSTGRES)  # type: ignore[arg-type]

    return write


def _run_by_hand(execute: Any, place: str) -> str:
    names = (
        "id, metric, definition_hash, code_version, started_at, finished_at, outcome, grains, cuts, seconds"
    )
    run = uuid.uuid4().hex
    given = (run, "made", "h", 1, str(NOW)[:19], str(NOW)[:19], "ok", "[]", "[]", 1.0)
    more = ", written, unchanged, tombstones"
    execute(
        f"insert into runs ({names}{more}) values ({', '.join([place] * len(given))}, 0, 0, 0)",
        given,
    )
    return run


def servers_seconds() -> float:
    """Return the seconds of the processor of all PostgreSQL processes that are there."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if text.partition("(")[2].startswith("postgres"):
            fields = text.rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / 100


def measured(write: Callable[[], object], server: bool) -> float:
    """Return the seconds of the processor that something takes."""
    before = time.process_time(), servers_seconds() if server else 0.0
    write()
    return time.process_time() - before[0] + (servers_seconds() - before[1] if server else 0.0)


def compared(name: str, url: Callable[[], str], by_hand: Callable[[str, bool], Callable[[list[Observation]], None]],
             server: bool) -> None:  # fmt: skip
    """Write into two new stores in turn, by ours and by hand, and print each step."""
    ours_at, theirs_at = url(), url()
    with Store.open(ours_at) as store, Store.open(theirs_at):
        for step, more in (("new", 0.0), ("unchanged", 0.0), ("all changed", 1.0)):
            seen = observations(more)
            ours = measured(lambda seen=seen: store.write(a_run(), seen), server)  # type: ignore[misc]
            hand = by_hand(theirs_at, step == "new")
            theirs = measured(lambda seen=seen, hand=hand: hand(seen), server)  # type: ignore[misc]
            print(
                f"{name}, {len(seen):,} {step}: ours {ours:.2f} s, by hand {theirs:.2f} s, ratio {ours / theirs:.2f}"
            )


def main(*urls: str) -> None:
    """Compare on SQLite, and on a PostgreSQL server where one is named; schemas of its own are left there."""
    with tempfile.TemporaryDirectory() as folder:
        names = iter(range(9))
        compared(
            "SQLite", lambda: f"sqlite:///{folder}/{next(names)}.db",
            lambda url, new: by_hand_sqlite(Path(url.removeprefix("sqlite:///")), new), server=False,
        )  # fmt: skip
    for url in urls:
        compared("PostgreSQL", lambda url=url: _schema(url), lambda at, _: by_hand_postgres(at), server=True)  # type: ignore[misc]


def _schema(url: str) -> str:
    import psycopg

    name = f"bench_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema {name}")  # type: ignore[arg-type]
    return f"{url}?options=-csearch_path%3D{name}"


if __name__ == "__main__":
    main(*sys.argv[1:])
