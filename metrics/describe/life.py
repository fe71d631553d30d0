"""The life of a definition in words: proposed, deprecated with what comes after, and from when what holds."""

from __future__ import annotations

from datetime import date

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Condition, Stretch
from metrics.catalog.dated import Turn, stretches
from metrics.catalog.metric import DefinitionStatus, Metric


def life_words(metric: Metric, catalog: Catalog) -> str | None:
    """Return what readers must know of a definition that is proposed or deprecated, as a sentence; else None."""
    if metric.status is DefinitionStatus.PROPOSED:
        return "Proposed: not scored until it is approved."
    if metric.status is DefinitionStatus.DEPRECATED:
        words = deprecated_words(metric, catalog)
        return f"{words[0].upper()}{words[1:]}."
    return None


def deprecated_words(metric: Metric, catalog: Catalog) -> str:
    """Return what a deprecated metric is, within a sentence: `deprecated, gone on 31 Mar 2027, replaced by Refunds`."""
    gone = f", gone on {_day(metric.sunset)}" if metric.sunset else ""
    return f"deprecated{gone}{_replaced(metric, catalog)}"


def stretch_words(condition: Condition) -> str:
    """Return what a condition asks from which day on, in the words of its file."""
    return "; ".join(_stretch(each) for each in stretches(condition))


def _stretch(stretch: Stretch) -> str:
    said = " ".join(stretch.where.text.split())
    days = [f"{word} {_day(day)}" for word, day in (("from", stretch.from_), ("until", stretch.until)) if day]
    return f"{' '.join(days)}: {said}" if days else said


def turn_words(turn: Turn) -> str:
    """Return what happens on a day on which a condition turns."""
    return (
        f"From {_day(turn.day)} on {turn.condition} of {turn.dataset} asks something else: what happened before is "
        "counted as it was."
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _replaced(metric: Metric, catalog: Catalog) -> str:
    if metric.replaced_by is None:
        return ""
    other = catalog.metrics.get(metric.replaced_by)
    return f", replaced by {other.label if other else metric.replaced_by}"
