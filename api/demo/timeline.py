"""When things happen in the demo: days from the start, seasons, the milestone, and nightly syncs.

Times are floats in days (UTC) after the midnight that starts `START`; NaN is an event that has not
happened. They become timestamps only where tables are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Texts = NDArray[np.object_]

START = date(2023, 10, 1)
MILESTONE = date(2025, 7, 1)
NOW = datetime(2026, 10, 13, 6, tzinfo=UTC)
REPLAYS = (datetime(2026, 7, 13, 6, tzinfo=UTC), NOW)
"""The instants of the replayed refreshes, oldest first: a quarter's review, and the next one at `NOW`."""

DAYS = (NOW.date() - START).days
LATE_SHARE = 0.03
LATE_DAYS = 20.0
STRAGGLERS = 0.1
STRAGGLER_DAYS = 60.0
_RAMP_DAYS = 240.0
_SYNC_HOUR = 3.0
_OPENS, _CLOSES = 8.5, 17.5
# Quiet Decembers and Augusts, busy springs and autumns.
_SEASON = np.array([1.0, 1.04, 1.08, 1.02, 1.04, 1.02, 0.94, 0.76, 1.1, 1.1, 1.06, 0.66])


def days_to(day: date) -> int:
    """Return the number of days from the start to a day."""
    return (day - START).days


def stamps(times: Floats) -> NDArray[np.datetime64]:
    """Return timestamps (whole seconds, UTC) of times; NaN becomes NaT."""
    seconds = np.where(np.isnan(times), 0, np.round(times * 86400)).astype("timedelta64[s]")
    result = (np.datetime64(START.isoformat(), "s") + seconds).astype("datetime64[us]")
    result[np.isnan(times)] = np.datetime64("NaT")
    return result


def months(times: Floats) -> Integers:
    """Return the calendar months, 1 to 12, of times that are not NaN."""
    days = np.datetime64(START.isoformat(), "D") + np.floor(times).astype("timedelta64[D]")
    return days.astype("datetime64[M]").astype(np.int64) % 12 + 1


def season(times: Floats) -> Floats:
    """Return how busy the month of each time is; 1 is an ordinary month."""
    return _SEASON[months(times) - 1]


def weekday(times: Floats) -> Integers:
    """Return the weekdays of times; 0 is Monday."""
    return (np.floor(times).astype(np.int64) + START.weekday()) % 7


def aligned(times: Floats) -> Floats:
    """Return how far the joint work has taken effect: 0 before the milestone, 1 eight months later."""
    return np.clip((times - days_to(MILESTONE)) / _RAMP_DAYS, 0.0, 1.0)


def between(times: Floats, before: float, after: float) -> Floats:
    """Return a rate that goes from one level to another as the joint work takes effect."""
    return before + (after - before) * aligned(times)


def office_time(rng: np.random.Generator, times: Floats) -> Floats:
    """Move times to office hours of their day, or of the next working day; never earlier."""
    drawn = rng.random(len(times))
    known = np.nan_to_num(times)
    moment = known + 0.01
    day = np.floor(moment)
    usual = day + (_OPENS + (_CLOSES - _OPENS) * drawn) / 24.0
    hour = 24.0 * (moment - day)
    # Too late for the moment drawn: at once, or early in the next morning.
    same = np.where(usual > moment, usual, np.where(hour < _CLOSES, moment, np.nan))
    morning = day + 1.0 + (_OPENS + 2.0 * drawn) / 24.0
    moved = np.where(np.isnan(same), morning, same)
    weekend = weekday(moved)
    moved = np.where(weekend >= 5, moved + (7 - weekend), moved)
    result: Floats = np.where(np.isnan(times), np.nan, moved)
    return result


def lag(rng: np.random.Generator, size: int, median: float, spread: float) -> Floats:
    """Return lognormal lags in days."""
    drawn: Floats = median * np.exp(spread * rng.standard_normal(size))
    return drawn


def happened(times: Floats) -> Floats:
    """Return times with those that the last sync could not yet have seen as NaN."""
    result: Floats = np.where(times < DAYS, times, np.nan)
    return result


def pick(rng: np.random.Generator, size: int, choices: dict[str, float]) -> Texts:
    """Return random texts by their shares."""
    names = np.array(list(choices), dtype=object)
    shares = np.array(list(choices.values()))
    return names[rng.choice(len(names), size=size, p=shares / shares.sum())]


def in_pence(amount: Floats) -> Floats:
    """Return amounts of money rounded to two places."""
    return np.round(amount, 2).astype(np.float64)


def blank(size: int) -> Texts:
    """Return texts that are all empty."""
    return np.full(size, None, dtype=object)


def identifiers(prefix: str, size: int) -> Texts:
    """Return running ids such as `L000001`."""
    return np.array([f"{prefix}{number:06d}" for number in range(1, size + 1)], dtype=object)


@dataclass(frozen=True)
class Syncs:
    """The nightly copies of one department's system into the warehouse."""

    system: str
    done: Floats

    @classmethod
    def nightly(cls, rng: np.random.Generator, system: str) -> Syncs:
        """Return one sync for each night, the last of them in the morning of `NOW`."""
        minutes = rng.integers(0, 50, DAYS)
        return cls(system, np.arange(1, DAYS + 1) + (_SYNC_HOUR + minutes / 60.0) / 24.0)

    def arrival(self, rng: np.random.Generator, times: Floats, late_share: float = LATE_SHARE) -> Floats:
        """Return when rows arrived: by the next sync, or late; NaN if not yet.

        Most late rows come within `LATE_DAYS`; one in ten takes up to `STRAGGLER_DAYS`, long after its
        period was called final.
        """
        size = len(times)
        most = np.where(rng.random(size) < STRAGGLERS, STRAGGLER_DAYS, LATE_DAYS)
        late = rng.random(size) < late_share
        delay = np.where(late, 1.0 + (most - 2.0) * rng.random(size), 0.0)
        minutes = rng.random(size) * 10.0
        ready = times + delay + 0.01
        index = np.searchsorted(self.done, np.nan_to_num(ready, nan=np.inf), side="left")
        arrived = index < len(self.done)
        done = self.done[np.minimum(index, len(self.done) - 1)]
        result: Floats = np.where(arrived, done - minutes / 1440.0, np.nan)
        return result
