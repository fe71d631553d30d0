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
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Measure
from metrics.grain import Period
from metrics.observation import Dimensions, Estimate, Figures, State

_COUNTS = ("count", "count_distinct", "count_new")


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

    It is the number of the entity that the metric names; else the sample size. Without one it is what a count
    counts; of a ratio, the lesser of the sides that count, where the denominator does. Nothing is known of a
    sum, a least or greatest value, or a formula.
    """
    if metric.private_entity is not None:
        return estimate.people
    if estimate.sample_size is not None:
        return estimate.sample_size
    options = metric.options
    if isinstance(getattr(options, "measure", None), Measure):
        return _counted([(options.measure, estimate.value)])
    numerator, denominator = getattr(options, "numerator", None), getattr(options, "denominator", None)
    # A ratio that follows an entity has a sample size wherever there is an entity to follow.
    if not isinstance(denominator, Reference) or getattr(options, "entity", None) is not None:
        return None
    sides = [(denominator.measure, estimate.denominator)]
    if isinstance(numerator, Reference) and _counts(numerator.measure):
        sides.append((numerator.measure, estimate.numerator))
    return _counted(sides)


def _counts(measure: Measure | None) -> bool:
    """Tell whether a measure counts; a side that names none counts its rows."""
    return measure is None or measure.function in _COUNTS


def _counted(sides: Iterable[tuple[Measure | None, float | None]]) -> int | None:
    numbers = [number if _counts(measure) else None for measure, number in sides]
    known = [int(number) for number in numbers if number is not None]
    return min(known) if known and len(known) == len(numbers) else None


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
