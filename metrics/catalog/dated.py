"""Conditions that mean one thing until a day and another from it on: which holds when, and what an edit changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Condition, Stretch
from metrics.catalog.dependencies import Dependency, reached
from metrics.catalog.lineage import chain_of
from metrics.expressions.nodes import Expression


@dataclass(frozen=True)
class ConditionChange:
    """What an edit of a condition does: from a day on it asks something else of events, or of all of them (None)."""

    since: date | None

    @property
    def correction(self) -> bool:
        """Tell whether history is recounted: the events before any day are asked something else too."""
        return self.since is None


@dataclass(frozen=True, order=True)
class Turn:
    """The first local day from which a condition asks something else."""

    day: date
    dataset: str
    condition: str


def stretches(condition: Condition) -> tuple[Stretch, ...]:
    """Return the stretches of a condition, in the order of their days; one that is always the same has one."""
    return (Stretch(condition),) if isinstance(condition, Expression) else condition


def turning_days(condition: Condition) -> tuple[date, ...]:
    """Return the days on which another stretch begins."""
    return tuple(each.until for each in stretches(condition)[:-1] if each.until is not None)


def meaning_on(condition: Condition, day: date) -> Expression:
    """Return what a condition asks of an event of a local day."""
    parts = stretches(condition)
    return next(
        (each.where for each in parts[:-1] if each.until is not None and day < each.until), parts[-1].where
    )


def changed(before: Condition, after: Condition) -> ConditionChange | None:
    """Return from when on two versions of a condition ask something else; None where they never do."""
    days = sorted({*turning_days(before), *turning_days(after)})
    # Between two days of either nothing turns, so that one day stands for all from it on.
    for since in (None, *days):
        day = date.min if since is None else since
        if meaning_on(before, day) != meaning_on(after, day):
            return ConditionChange(since)
    return None


def turns(catalog: Catalog, metric: str) -> tuple[Turn, ...]:
    """Return the days on which a metric, its inputs included, begins to count otherwise; raise UnknownMetric."""
    chain = [catalog.metrics[name] for name in chain_of(catalog, metric) if name in catalog.metrics]
    if not any(
        turning_days(each) for dataset in catalog.datasets.values() for each in dataset.conditions.values()
    ):
        return ()
    return tuple(sorted(_turns(catalog, reached(catalog, chain))))


def _turns(catalog: Catalog, items: Iterable[Dependency]) -> Iterable[Turn]:
    for item in items:
        if item.kind == "condition":
            condition = catalog.datasets[item.dataset].conditions[item.name]
            yield from (Turn(day, item.dataset, item.name) for day in turning_days(condition))
