"""The company's own settings: time zone, currency, calendars, privacy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from metrics.catalog.fields import empty, place, unhashed
from metrics.errors import Position
from metrics.expressions.nodes import Expression
from metrics.grain import Calendar, Span


@dataclass(frozen=True)
class Rates:
    """Where exchange rates stand: one row a currency pair and day."""

    dataset: str = field(metadata={"refers": "dataset"})
    base: Expression = field(metadata={"key": "from"})
    quote: Expression = field(metadata={"key": "to"})
    date: Expression
    rate: Expression
    max_age: Span = field(default_factory=lambda: Span.parse("7 days"))


@dataclass(frozen=True)
class Currency:
    """The currency of every report, and the rates that others are converted with."""

    SHORTHAND = "report"
    report: str
    rates: Rates | None = None


@dataclass(frozen=True)
class BusinessCalendar:
    """Working hours (weekday range -> `09:00-17:30`, or a list of them) and holidays, in a time zone.

    `holidays` is the path of a CSV file from the project folder, `closed` the days that stand in it.
    """

    hours: Mapping[str, str | tuple[str, ...]]
    holidays: str | None = None
    timezone: str | None = None
    closed: tuple[date, ...] = field(default=(), metadata={"internal": True})


@dataclass(frozen=True)
class Refresh:
    """When the server refreshes by itself, as a cron line."""

    cron: str


@dataclass(frozen=True)
class Privacy:
    """The least number of people behind a value of a private metric."""

    k: int = 10


@dataclass(frozen=True)
class Company:
    """The company's own settings, without its departments (those are the scorecard's)."""

    company: str = field(metadata={"hashed": False})
    timezone: str
    currency: Currency
    week_starts: str = "monday"
    fiscal_year_starts: str = "january"
    refresh: Refresh | None = unhashed()
    privacy: Privacy = unhashed(Privacy())
    calendars: Mapping[str, BusinessCalendar] = field(default_factory=empty)
    strict: bool = unhashed(False)
    position: Position = place()

    @cached_property
    def calendar(self) -> Calendar:
        """Return the calendar that periods are cut by."""
        return Calendar(
            self.timezone, WEEKDAYS.index(self.week_starts), MONTHS.index(self.fiscal_year_starts) + 1
        )


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
