"""The stretches of a dated condition cover every day once, and it is asked of events by their own dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Stretch
from metrics.catalog.dated import turning_days
from metrics.catalog.dependencies import Dependency, below, items_of, reached
from metrics.catalog.walk import uses
from metrics.checks._expressions import expressions
from metrics.errors import Finding
from metrics.expressions.nodes import Expression, names
from metrics.loading.loader import Places

CODE = "dated-condition"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each day without a meaning or with two, and for each use that has no day of an event."""
    for name, dataset in catalog.datasets.items():
        for label, condition in dataset.conditions.items():
            if isinstance(condition, Expression):
                continue
            path = ("conditions", label)
            for index, key, message in _gaps(condition):
                place = (*path, index, key) if key else (*path, index)
                yield Finding(at("dataset", name, *place), CODE, message)
            if dataset.time is None:
                message = f"dataset {name!r} has no time, whose day says which stretch holds: write time"
                yield Finding(at("dataset", name, *path), CODE, message)
    if any(
        turning_days(each) for dataset in catalog.datasets.values() for each in dataset.conditions.values()
    ):
        yield from _looked_up(catalog, at)
        yield from _stocks(catalog, at)


def _gaps(condition: tuple[Stretch, ...]) -> Iterator[tuple[int, str, str]]:
    last = len(condition) - 1
    if last == 0:
        yield (
            0,
            "",
            "one stretch alone holds always: write the condition itself, or what holds before or after it",
        )
        return
    for index, each in enumerate(condition):
        following = condition[index + 1] if index < last else None
        if index == 0 and each.from_ is not None:
            yield (
                index,
                "from",
                f"nothing is said of the days before {each.from_}: the first stretch has no from",
            )
        if index > 0 and each.from_ is None:
            yield index, "", "a stretch after the first says from which day on it holds: write from"
        if following is None and each.until is not None:
            yield index, "until", f"nothing is said of {each.until} and later: the last stretch has no until"
        if following is not None and each.until is None:
            yield index, "", "a stretch before the last says until which day it holds: write until"
        if each.from_ is not None and each.until is not None and each.until <= each.from_:
            yield index, "until", f"the stretch ends on {each.until}, not after it begins on {each.from_}"
        if following is not None and each.until is not None and following.from_ is not None:
            if each.until < following.from_:
                yield (
                    index + 1,
                    "from",
                    f"nothing is said of {each.until} up to {following.from_}: stretches meet",
                )
            elif each.until > following.from_:
                yield (
                    index + 1,
                    "from",
                    f"two stretches hold from {following.from_} up to {each.until}: they meet",
                )


def _looked_up(catalog: Catalog, at: Places) -> Iterator[Finding]:
    for written in expressions(catalog):
        for name in names(written.part.node) if written.part.node else ():
            found = next(_dated(catalog, _behind(catalog, written.dataset, name.parts)), None)
            if found is not None:
                message = (
                    f"{'.'.join(name.parts)!r} rests on the condition {found.name!r} of {found.dataset!r}, which goes "
                    "by the day of an event, and a row that is looked up is none: write it where the event stands"
                )
                place = at(written.kind, written.name, *written.part.path, offset=name.offset)
                yield Finding(place, CODE, message)


def _behind(catalog: Catalog, dataset: str, path: tuple[str, ...]) -> Iterator[Dependency]:
    """Yield what a name reads in the datasets that it looks up, their own rows included."""
    for lookup in path[:-1]:
        found = catalog.datasets.get(dataset)
        if found is None or lookup not in found.lookups:
            return
        dataset = found.lookups[lookup].dataset
        yield Dependency(dataset, "dataset")
    if len(path) > 1:
        yield from items_of(catalog, dataset, path[-1:])


def _stocks(catalog: Catalog, at: Places) -> Iterator[Finding]:
    for name, metric in catalog.metrics.items():
        for use in uses(metric):
            if getattr(use.record, "at", None) is None:
                continue
            found = next(
                (each for each in _dated(catalog, reached(catalog, [metric])) if each.dataset == use.dataset),
                None,
            )
            if found is not None:
                message = (
                    f"a stock is no event, by whose day the condition {found.name!r} could go: "
                    "leave `at` out, or the days"
                )
                yield Finding(at("metric", name, *use.path, "at"), CODE, message)


def _dated(catalog: Catalog, items: Iterable[Dependency]) -> Iterator[Dependency]:
    for item in sorted(below(catalog, items)):
        if item.kind == "condition" and turning_days(catalog.datasets[item.dataset].conditions[item.name]):
            yield item
