# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Event logs that sit on the edges: month ends, the leap day, clock changes, window ends, ties and nulls.

All of it lies in 2016: 29 February; London's clocks change on 27 March at 01:00 and 30 October at 02:00,
Sao Paulo's on 21 February at 00:00 (back to 23:00 of the 20th) and 16 October at 00:00 (on to 01:00).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from metrics.engine.outcome import Outcome
from metrics.grain import Grain
from tests.soundness import reference as plain
from tests.soundness.world import by_cell, table

ZONES = ("UTC", "Europe/London", "America/Sao_Paulo")
# Names that languages and bytes sort differently.
PEOPLE = tuple(f"{letter}{number}" for number in range(10) for letter in ("a", "B", "_", "É", "b"))
GRAINS = tuple(str(grain) for grain in Grain)
DAYS = tuple(
    date.fromisoformat(text)
    for text in ("2016-01-01", "2016-01-30", "2016-01-31", "2016-02-01", "2016-02-20", "2016-02-21", "2016-02-28",
                 "2016-02-29", "2016-03-01", "2016-03-26", "2016-03-27", "2016-03-31", "2016-04-01", "2016-10-15",
                 "2016-10-16", "2016-10-29", "2016-10-30", "2016-11-01", "2016-12-31")
)  # fmt: skip
CLOCK = (timedelta(0), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=1, minutes=30), timedelta(hours=2),
         timedelta(hours=12), timedelta(hours=23), timedelta(hours=23, minutes=30),
         timedelta(days=1) - plain.TICK)  # fmt: skip
AFTER = (timedelta(0), plain.TICK, timedelta(hours=1), timedelta(hours=24), timedelta(hours=36), timedelta(days=7),
         timedelta(days=7) - plain.TICK, timedelta(days=14), timedelta(days=15), timedelta(days=28),
         timedelta(days=29), timedelta(days=30), timedelta(days=31), timedelta(days=60))  # fmt: skip
NOWS = ("2016-02-01T00:00", "2016-02-21T02:30", "2016-03-01T00:00", "2016-03-08T00:00", "2016-03-27T01:00",
        "2016-04-01T05:00", "2016-05-02T12:00", "2016-10-16T03:00", "2016-11-20T08:00", "2017-02-02T00:00")  # fmt: skip
KINDS = ("naive", "instant", "date")

moments = st.one_of(
    st.builds(lambda day, clock: datetime(day.year, day.month, day.day) + clock,
              st.sampled_from(DAYS), st.sampled_from(CLOCK)),
    st.builds(lambda day, clock, later: datetime(day.year, day.month, day.day) + clock + later,
              st.sampled_from(DAYS[:10]), st.sampled_from(CLOCK), st.sampled_from(AFTER)),
)  # fmt: skip


def calendars() -> st.SearchStrategy[plain.Calendar]:
    """Draw a company calendar."""
    return st.builds(
        plain.Calendar, st.sampled_from(ZONES), st.sampled_from((0, 6)), st.sampled_from((1, 4, 11))
    )


def grains(least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw a few grains."""
    return st.lists(st.sampled_from(GRAINS), min_size=least, max_size=3, unique=True).map(tuple)


def nows() -> st.SearchStrategy[datetime]:
    """Draw the instant of a run."""
    return st.sampled_from(NOWS).map(lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC))


@dataclass(frozen=True)
class Log:
    """A generated table: its rows as written, how its time and its `x` are stored, and its own time zone."""

    rows: tuple[plain.Row, ...]
    kind: str
    timezone: str
    number: str = "integer"

    def table(self, extra: Mapping[str, str] | None = None) -> Any:
        """Return the rows as a typed table, the time as `t`."""
        types = {"id": "text", "who": "text", "t": self.kind, "x": self.number, "y": "integer", "ch": "text",
                 "stage": "text", **(extra or {})}  # fmt: skip
        return table(types, [[self._stored(name, row[name]) for name in types] for row in self.rows])

    def _stored(self, name: str, value: Any) -> Any:
        if name != "t" or value is None:
            return value
        if self.kind == "date":
            return value.date()
        return plain.instant(value, self.timezone) if self.kind == "instant" else value

    def read(self) -> list[plain.Row]:
        """Return the rows as they are meant: the time as a calendar day or an instant."""
        return [{**row, "t": self._meant(row["t"])} for row in self.rows]

    def _meant(self, value: datetime | None) -> plain.Moment | None:
        if value is None:
            return None
        return value.date() if self.kind == "date" else plain.instant(value, self.timezone)

    def only(self, keep: Callable[[plain.Row], bool]) -> Log:
        """Return the log with some of its rows; `keep` sees the time as it is meant."""
        pairs = zip(self.rows, self.read(), strict=True)
        return Log(tuple(row for row, meant in pairs if keep(meant)), self.kind, self.timezone, self.number)


# Made once: a strategy that is made anew for every row takes longer than what it draws.
_TENTH, _AGAIN, _AFTER, _CHANNEL, _STAGE, _X, _Y = (
    st.integers(0, 9), st.booleans(), st.sampled_from(AFTER), st.sampled_from((None, "paid", "Paid")),
    st.sampled_from(("a", "a", "b")), st.none() | st.integers(-3, 9), st.none() | st.integers(0, 2),
)  # fmt: skip
_MAYBE, _ZONES, _NUMBERS = (
    st.none() | moments,
    st.sampled_from(ZONES),
    st.sampled_from(("integer", "decimal")),
)


@st.composite
def logs(draw: st.DrawFn, most: int = 30, people: int = 5, kinds: Sequence[str] = KINDS) -> Log:
    """Draw an event log; later events of a person tend to lie a window's length after an earlier one."""
    rows: list[plain.Row] = []
    somebody = st.sampled_from((None, *PEOPLE[:people]))
    for index in range(draw(st.integers(0, most))):
        moment = draw(_MAYBE) if draw(_TENTH) == 0 else draw(moments)
        known = [row["t"] for row in rows if row["t"] is not None]
        if known and moment is not None and draw(_AGAIN):
            moment = draw(st.sampled_from(known)) + draw(_AFTER)
        rows.append(
            {
                "id": f"{'aB_É'[index % 4]}{index:02d}",
                "who": draw(somebody),
                "t": moment,
                "x": draw(_X),
                "y": draw(_Y),
                "ch": draw(_CHANNEL),
                "stage": draw(_STAGE),
            }
        )
    return Log(
        tuple(rows),
        draw(st.sampled_from(tuple(kinds))),
        draw(_ZONES),
        draw(_NUMBERS),
    )


def first_day(calendar: plain.Calendar, rows: Sequence[plain.Row]) -> date | None:
    """Return the local day of a log's first row."""
    return min((calendar.day(row["t"]) for row in rows if row["t"] is not None), default=None)


def week_name(number: int) -> str:
    """Return a weekday's name; Monday is 0."""
    return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[number]


def month_name(number: int) -> str:
    """Return a month's name."""
    return ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december")[number - 1]  # fmt: skip


def company(calendar: plain.Calendar) -> dict[str, str]:
    """Return the company's own settings that make a calendar."""
    return {
        "zone": calendar.zone,
        "week_starts": week_name(calendar.week_starts),
        "fiscal_year_starts": month_name(calendar.fiscal),
    }


def agree(
    outcome: Outcome,
    expected: Mapping[plain.Cell, plain.Result],
    *,
    parts: bool = False,
    intervals: bool = False,
    maturity: bool = False,
    frame: plain.Frame | None = None,
    over: str | plain.Span = "period",
) -> None:
    """Assert that a metric's estimates say what the reference says, cell by cell; with a frame, as it is covered."""
    expected = dict(expected) if frame is None else plain.partly_covered(frame, dict(expected), over)
    assert outcome.error is None, outcome.error
    found = {(str(grain), start, segment): each for (grain, start, segment), each in by_cell(outcome).items()}
    assert len(found) == len(outcome.estimates), "one estimate a cell"
    assert not {*expected} - {*found}, ("missing", {*expected} - {*found})
    assert not {*found} - {*expected}, ("not wanted", {*found} - {*expected})
    for cell, wanted in expected.items():
        got = found[cell]
        assert got.state.value == wanted.state, (cell, got, wanted)
        assert same(got.value, wanted.value), (cell, got, wanted)
        if parts:
            assert same(got.numerator, wanted.numerator), (cell, got, wanted)
            assert same(got.denominator, wanted.denominator), (cell, got, wanted)
        if maturity:
            assert same(got.maturity, wanted.maturity), (cell, got, wanted)
        if intervals and wanted.check_interval:
            lower, upper = wanted.interval or (None, None)
            assert same(got.lower, lower), (cell, got, wanted)
            assert same(got.upper, upper), (cell, got, wanted)


def same(got: float | None, wanted: Any) -> bool:
    """Tell whether two numbers are one within 1e-9 relative; nothing is only nothing."""
    if got is None or wanted is None:
        return got is None and wanted is None
    return abs(float(got) - float(wanted)) <= 1e-9 * max(abs(float(got)), abs(float(wanted))) + 1e-15
