"""Suppress what a private metric would say about too few people.

A cell is one estimate: a period and a segment. It is suppressed where fewer than `privacy.k` people stand
behind it, or where nobody knows how many do. The total less the cells that are shown tells what the suppressed
ones of a period and cut hold together, and who knows that some of them are empty knows the others. So the next
smallest go with them, until two have people in them and together at least `privacy.k`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from metrics.catalog.company import Company
from metrics.catalog.metric import Metric
from metrics.grain import Period
from metrics.kind import kind_of
from metrics.observation import Dimensions, Estimate, Figures, State


def suppress(metric: Metric, company: Company, estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Return the estimates in their order, without any number of the cells that must not be known.

    A suppressed cell keeps its period and segment alone. So does one of a private metric without a value:
    its parts may still say something. A metric that is not private is suppressed only where what it is made
    of is.
    """
    found = tuple(estimates)
    if not metric.private:
        return tuple(_bare(each, each.state) if each.state is State.SUPPRESSED else each for each in found)
    hidden = _hidden(metric, company.privacy.k, found)
    return tuple(_served(each, each.key in hidden) for each in found)


def people_behind(metric: Metric, estimate: Estimate) -> int | None:
    """Return how many people stand behind an estimate, None where that is unknown.

    It is the number of the entity that the metric names; else the sample size; else what the kind knows.
    """
    if metric.private_entity is not None:
        return estimate.people
    if estimate.sample_size is not None:
        return estimate.sample_size
    return kind_of(metric).people_behind(metric, estimate)


def _hidden(metric: Metric, k: int, estimates: Iterable[Estimate]) -> set[tuple[Period, Dimensions]]:
    """Return the keys of the cells to suppress, period by period and cut by cut, a curve's age by age."""
    groups: dict[tuple[Period, Dimensions], list[Estimate]] = {}
    for each in estimates:
        if each.state is not State.NO_DATA:
            own = metric.own_dimensions
            cut = tuple((name, value if name in own else "") for name, value in each.dimensions)
            groups.setdefault((each.period, cut), []).append(each)
    found: set[tuple[Period, Dimensions]] = set()
    for cells in groups.values():
        sizes = {each.key: _known(metric, each) for each in cells}
        found |= _with_company(sizes, k)
    return found


def _with_company(
    sizes: Mapping[tuple[Period, Dimensions], int | None], k: int
) -> set[tuple[Period, Dimensions]]:
    """Return the cells of one cut that have too few people, and the next smallest that must go with them.

    One large cell is company enough for those that hold nobody: that they do would show, and no more.
    """
    hidden = {key: size for key, size in sizes.items() if size is None or size < k}
    rest = sorted(
        ((size, key) for key, size in sizes.items() if size is not None and key not in hidden), reverse=True
    )
    least = 2 if any(size != 0 for size in hidden.values()) else 1

    def told() -> bool:
        # Of cells that nobody has counted it is not known that they add anything.
        with_people = [size or 0 for size in hidden.values() if size != 0]
        return len(with_people) < least or sum(with_people) < k

    while hidden and rest and told():
        size, key = rest.pop()
        hidden[key] = size
    return set(hidden)


def _known(metric: Metric, estimate: Estimate) -> int | None:
    """Return how many people are behind a cell; one that an input suppresses has told it to nobody."""
    return None if estimate.state is State.SUPPRESSED else people_behind(metric, estimate)


def _served(estimate: Estimate, hidden: bool) -> Estimate:
    if hidden:
        return _bare(estimate, State.SUPPRESSED)
    return _bare(estimate, State.NO_DATA) if estimate.state is State.NO_DATA else estimate


def _bare(estimate: Estimate, state: State) -> Estimate:
    """Return an estimate that holds nothing but its state; bootstrap draws would give the value away too."""
    return replace(estimate, state=state, draws=None, people=None, **Figures().figures())
