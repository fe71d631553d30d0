"""What every page shares: the blueprint, what the frame around it shows, and how values are written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, g, request

from api.context import current, look_back, project
from api.moment import instant_of, moment_of
from metrics.catalog.metric import Direction, Metric
from metrics.errors import UsageError
from metrics.grain import Period
from metrics.kind import kind_of
from metrics.observation import Observation, State
from scorecard.formatting import format_change, format_interval, format_score, format_share, format_value
from scorecard.phrasing import data_words, day_words
from scorecard.score import STATUS_STYLE, Status, Style

pages = Blueprint("pages", __name__)

_KNOWN_PAGES = frozenset({"pages.scorecard", "pages.catalogue", "pages.metric"})
"""Those that can be shown as they were known before a moment."""

_WAYS = {
    Direction.UP: "↑ more is better",
    Direction.DOWN: "↓ less is better",
    Direction.BAND: "↔ a band is best",
    Direction.NONE: "context, not scored",
}


@dataclass(frozen=True)
class Site:
    """What the frame around every page shows."""

    company: str
    rejected: tuple[str, ...]
    refreshed: datetime | None
    commit: str | None
    preview: bool
    known: datetime | None


@pages.before_request
def look_back_where_asked() -> None:
    """Show what was known before the moment that the address names, and keep to it in every link."""
    text = request.args.get("as_known")
    if not text:
        return
    try:
        instant = instant_of(moment_of(text), project().catalog.company.calendar)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is not a day: write 2026-10-01, or 2026-10-01T06:00") from None
    look_back(instant)
    g.as_known = text


@pages.app_url_defaults
def keep_looking_back(endpoint: str, values: dict[str, Any]) -> None:
    """Lead on to pages as they were known at the same moment."""
    if "as_known" in g and endpoint in _KNOWN_PAGES:
        values.setdefault("as_known", g.as_known)


@pages.context_processor
def frame() -> dict[str, Site]:
    """Give every template the site."""
    seen = project()
    refresh = seen.store.last_refresh()
    return {
        "site": Site(
            company=seen.catalog.company.company,
            rejected=current().live.rejected,
            refreshed=refresh.finished_at if refresh else None,
            commit=seen.commit,
            preview=current().preview is not None,
            known=seen.known,
        )
    }


def currency() -> str:
    """Return the currency of the reports."""
    return project().catalog.company.currency.report


@pages.app_template_filter("value")
def value(number: float | None, unit: str) -> str:
    """Write a value with its unit."""
    return format_value(number, unit, currency())


@pages.app_template_filter("result")
def result(seen: Observation, metric: Metric, unit: str) -> str:
    """Write an observation's value, or what it means that it has none."""
    return format_value(seen.value, unit, currency(), kind_of(metric).absent(metric, seen.state))


@pages.app_template_filter("interval")
def interval(seen: Observation, unit: str) -> str:
    """Write the interval of a value."""
    return format_interval(seen.lower, seen.upper, unit, currency())


@pages.app_template_filter("change")
def change(difference: float | None, unit: str) -> str:
    """Write a difference with its sign."""
    return format_change(difference, unit, currency())


@pages.app_template_filter("share")
def share(number: float | None) -> str:
    """Write a share of weight."""
    return format_share(number)


@pages.app_template_filter("points")
def points(score: float | None) -> str:
    """Write a score of 0 to 100."""
    return format_score(score)


@pages.app_template_filter("style")
def style(status: Status) -> Style:
    """Return how a status looks."""
    return STATUS_STYLE[status]


@pages.app_template_filter("department")
def department(name: str) -> str:
    """Write a department's name."""
    return project().board.label(name)


@pages.app_template_filter("period")
def period(found: Period) -> str:
    """Write a period's name."""
    return project().catalog.company.calendar.name(found)


@pages.app_template_filter("instant")
def instant(moment: datetime) -> str:
    """Write an instant in the company's zone: 3 Nov 2026, 14:15."""
    local = moment.astimezone(project().catalog.company.calendar.zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


@pages.app_template_filter("data_to")
def data_to(until: date | None, page: date | None, old: bool) -> str:
    """Say until when a figure has data, where they are old or end on another day than the page's."""
    return data_words(until, page, old=old) or ""


@pages.app_template_filter("way")
def way(direction: Direction) -> str:
    """Say which way is better."""
    return _WAYS[direction]


@pages.app_template_filter("slug")
def slug(text: str) -> str:
    """Turn a name into an id of the page: internal process is internal-process."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"


@pages.app_template_filter("plain")
def plain(number: float) -> str:
    """Write a number without needless decimals."""
    return f"{number:g}"


@pages.app_template_filter("day")
def day(found: date) -> str:
    """Write a day: 1 Jul 2025."""
    return day_words(found)


@pages.app_template_filter("words")
def words(name: str) -> str:
    """Write a name of the code as words: no_clear_change is no clear change."""
    return name.replace("_", " ")


@pages.app_template_filter("sentence")
def sentence(text: str) -> str:
    """Begin words as a sentence does."""
    return text[:1].upper() + text[1:]


@pages.app_template_filter("pretty")
def pretty(text: str) -> str:
    """Lay a JSON text out over lines."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@pages.app_template_filter("amount")
def amount(number: float | None) -> str:
    """Write a part of a value, which has no unit of its own."""
    return format_value(number, "", currency())


@pages.app_template_filter("absent")
def absent(metric: Metric, state: State) -> str | None:
    """Say what no value in a state means."""
    return kind_of(metric).absent(metric, state)
