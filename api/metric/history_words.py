"""Say in words how a metric's definition changed: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.metric.history import DefinitionEffect, DefinitionStep
from metrics.catalog.definition_difference import Difference
from metrics.grain import Calendar
from scorecard.formatting import format_change, format_value
from scorecard.phrasing import day_words

_SHORT = 10


def when_words(change: DefinitionStep, calendar: Calendar) -> str:
    """Say when a change came in: the day of its commit, else of the first refresh by it."""
    commit = change.merged or change.commit
    at = commit.authored_at if commit is not None else change.computed_since
    return "before git" if at is None else _day(at, calendar)


def who_words(change: DefinitionStep) -> str:
    """Say who wrote a change, who let it in, and who is named beside them."""
    if change.commit is None:
        return "not in git"
    said = [f"{change.commit.author or 'nobody named'} ({change.commit.hash[:_SHORT]})"]
    if change.merged is not None and change.merged.author != change.commit.author:
        said.append(f"merged by {change.merged.author}")
    said += [
        f"{each.role.lower().replace('-', ' ')} {each.name.partition('<')[0].strip()}"
        for each in change.people
    ]
    return ", ".join(said)


def what_words(change: DefinitionStep) -> tuple[str, ...]:
    """Say what a change changed, a line a key."""
    if change.before is None:
        return ("defined for the first time",)
    if change.after is None:
        return ("no longer defined, or not readable",)
    return tuple(map(_difference, change.differences)) or ("defined again as before",)


def effect_words(effect: DefinitionEffect, currency: str) -> str:
    """Say what a period's value was by either definition."""
    before, after = (
        "no figure" if value is None else format_value(value, effect.unit, currency)
        for value in (effect.before, effect.after)
    )
    apart = ""
    if effect.before is not None and effect.after is not None:
        apart = f" ({format_change(effect.after - effect.before, effect.unit, currency)})"
    return f"{effect.period_name}: {before} before, {after} since{apart}"


def computed_words(change: DefinitionStep, calendar: Calendar) -> str:
    """Say since when values follow a definition."""
    if change.after is None:
        return ""
    if change.computed_since is None:
        return "no refresh has computed it"
    return f"computed since {_day(change.computed_since, calendar)}"


def change_lines(change: DefinitionStep, calendar: Calendar, currency: str) -> Sequence[str]:
    """Return a change as lines: when and who, why, what, and what it did."""
    lines = [f"{when_words(change, calendar)}  {who_words(change)}"]
    lines += [f"  {change.subject}"] if change.subject else []
    lines += [f"  {words}" for words in what_words(change)]
    last = [effect_words(change.effect, currency)] if change.effect is not None else []
    last += [words] if (words := computed_words(change, calendar)) else []
    return [*lines, f"  {'; '.join(last)}"] if last else lines


def _difference(one: Difference) -> str:
    if one.before is None and one.after is None:
        return f"{one.key} is another"
    return f"{one.key}: {one.before or 'not set'}, now {one.after or 'not set'}"


def _day(at: datetime, calendar: Calendar) -> str:
    return day_words(calendar.local_day(at))
