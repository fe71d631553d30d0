"""Ratio: the sum of one measure over the sum of another, pooled, each side with its own time.

Coarser grains and totals are recomputed from sums, never averaged. With `entity` declared, the value
gets a percentile-bootstrap interval over entities (Poisson weights, fixed seed, 2,000 draws) from counted
unique pairs; a side whose dataset does not know the entity, such as spend, is fixed. Above 100,000 pairs
the delta method on pushed-down moments stands in. No denominator, or 0: no value; a segment that has an
amount all the same, such as spend that brought nobody, is a row without a value, so that all add up.

With `lag`, a row of the numerator counts that long after it happened: spend(t - lag) / new(t). With
`allocate`, what belongs to no segment is spread over those of a cut (`metrics.kinds.ratio.allocation`). While a
period is open there is a value only where both sides come to their end alike; else the parts so far.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.dependencies import is_planned
from metrics.catalog.metric import Metric
from metrics.catalog.money import is_money
from metrics.catalog.options import Over, Reference
from metrics.catalog.walk import DatasetUse
from metrics.expressions.nodes import Measure, Node, Operation, SpanLiteral
from metrics.frame import Cells, Frame, cells_by_period, covered_only, number, plain_state
from metrics.grain import NO_SPAN, Period
from metrics.kind import RATIO, Kind, Uncertainty
from metrics.kinds._shared import people
from metrics.kinds.ratio import ratio_shape
from metrics.kinds.ratio.allocation import Allocate, Amounts, By, split, spread
from metrics.kinds.ratio.options import Options
from metrics.kinds.ratio.pairs import PairsQuery, Spread
from metrics.observation import Dimensions, Estimate
from metrics.request import Request
from metrics.sql.rows import default_time
from metrics.sql.scan import Aggregate, Cell, Scan
from metrics.statistics.intervals import Interval, bootstrap_ratio, delta_ratio, percentile_interval

SIDES = ("numerator", "denominator")
_CUSTOMERS = ("count_new", "count_distinct")
Sides = dict[tuple[Period, Dimensions], float | None]


class Ratio(Kind[Options]):
    """One measure over another."""

    options = Options
    code_version = 5
    same_days = True
    crosses_sources = True
    one_side = True
    names_people = True
    rules = (ratio_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the currency of money over anything else; money over money is a share."""
        top, bottom = (is_money(side, catalog) for side in self.sides(metric))
        return catalog.company.currency.report.lower() if top and not bottom else RATIO

    @override
    def sides(self, metric: Metric) -> tuple[Reference, Reference]:
        """Return what is divided by what."""
        return self.of(metric).numerator, self.of(metric).denominator

    @override
    def dimension_uses(self, metric: Metric) -> tuple[DatasetUse, ...]:
        """Return both sides, but not a numerator that is spread by its denominator."""
        allocate = self.of(metric).allocate
        spread = allocate is not None and allocate.by is By.NEW_CUSTOMERS
        return tuple(
            use for use in super().dimension_uses(metric) if not (spread and use.path == ("numerator",))
        )

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell whether a side counts anything but an entity's different ones, and no entity is followed."""
        measures = (side.measure for side in self.sides(metric))
        counted = all(measure and measure.function in people.OF_PEOPLE for measure in measures)
        return self.of(metric).entity is None and not counted

    @override
    def people_behind(self, metric: Metric, estimate: Estimate) -> int | None:
        """Return the lesser of the sides that count, where the denominator does."""
        top, bottom = (side.measure for side in self.sides(metric))
        # A ratio that follows an entity has a sample size wherever there is an entity to follow.
        if self.of(metric).entity is not None:
            return None
        sides = [(bottom, estimate.denominator)]
        if people.is_count(top):
            sides.append((top, estimate.numerator))
        return people.least_counted(sides)

    @override
    def assumes(self, metric: Metric, catalog: Catalog) -> str | None:
        """Return currency, cost set, lag and allocation of an amount per customer; None for any other ratio."""
        options = self.of(metric)
        measure, cost = options.denominator.measure, options.numerator
        currency = catalog.company.currency.report
        if measure is None or measure.function not in _CUSTOMERS:
            return None
        # A ratio is of money only where its numerator says so.
        if self.unit_of(metric, catalog) != currency.lower():
            return None
        where = (
            f"{cost.dataset} where {' '.join(cost.where.text.split())}"
            if cost.where
            else f"all {cost.dataset}"
        )
        said = [currency, where]
        said += [f"of {options.lag} before"] if options.lag else []
        said += [f"allocated by {options.allocate.by}"] if options.allocate else []
        said += [str(options.over)] if options.over != Over() else []
        return ", ".join(said)

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        return _bases(self.of(metric))

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a ratio has an interval over its entities, and without an entity none."""
        return Uncertainty.DRAWS if self.of(metric).entity is not None else Uncertainty.NONE

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan a side and, with an entity, for counted pairs."""
        options = self.of(metric)
        asked: dict[str, Request] = {
            name: _scan(side, frame, options.over)
            for name, side in zip(SIDES, self.bases(metric), strict=True)
        }
        if options.allocate is not None:
            asked["numerator"] = _allocated_scan(metric, options.allocate, frame)
        for name, side in _known_sides(metric, frame):
            scan = asked[name]
            assert isinstance(scan, Scan)
            counted = people.asked(metric, frame.catalog.datasets[side.dataset], _item(side))
            asked[name] = replace(scan, items=(*scan.items, *counted))
        if options.entity is not None:
            one, other = (_scan(side, frame, options.over) for side in self.bases(metric))
            asked["pairs"] = PairsQuery(options.entity, (one, other), resampled(metric, frame))
        return asked

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        options = self.of(metric)
        denominators = _sides(frame, results["denominator"], options.denominator)
        if options.allocate is None:
            numerators = _sides(frame, results["numerator"], options.numerator)
        else:
            numerators = _allocated(metric, frame, results["numerator"], denominators)
        spreads: Mapping[Cell, Spread] = results.get("pairs", {})
        found = []
        for key in dict.fromkeys((*numerators, *denominators)):
            n, d = (
                numerators.get(key, _blank(options.numerator)),
                denominators.get(key, _blank(options.denominator)),
            )
            # Segments add up to the total, so that no amount is left out for want of a denominator.
            if not d and key[1] and not (n and (d == 0 or options.allocate)):
                continue
            spread = spreads.get((key[0].grain, key[0].start, key[1]))
            found.append(_estimate(metric, frame, key, n, d, spread))
        if metric.private_entity is not None:
            found = [replace(each, people=_behind(metric, frame, results, each.key)) for each in found]
        return covered_only(frame, options.over, found)


KIND = Ratio()


def _bases(options: Options) -> tuple[Reference, Reference]:
    """Return both sides, the numerator with how long after it happened a row counts."""
    return replace(options.numerator, ahead=options.lag or NO_SPAN), options.denominator


def _item(reference: Reference) -> Aggregate:
    where = (reference.where.node,) if reference.where else ()
    return Aggregate("value", reference.measure or Measure("count", "count"), where)


def _scan(reference: Reference, frame: Frame, over: Over) -> Scan:
    return Scan(reference.dataset, (_item(reference),), frame.grains, frame.cuts, time=_time(reference, frame),
                over=over, at=reference.at)  # fmt: skip


def _time(reference: Reference, frame: Frame) -> Node | None:
    """Return the time at which a row counts; None is the dataset's own."""
    own = reference.time.node if reference.time else None
    if not reference.ahead.count:
        return own
    happened = own or default_time(frame.catalog.datasets[reference.dataset])
    return Operation("+", (happened, SpanLiteral(reference.ahead))) if happened else None


def _known_sides(metric: Metric, frame: Frame) -> list[tuple[str, Reference]]:
    """Return the sides that tell how many people stand behind a value: those that know who they are.

    An amount that is spread over segments is not of the people of its segment.
    """
    datasets, entity = frame.catalog.datasets, metric.private_entity
    return [
        (name, side)
        for name, side in zip(SIDES, _bases(metric.options), strict=True)
        if entity in datasets[side.dataset].entities and (name != "numerator" or not metric.options.allocate)
    ]


def _behind(
    metric: Metric, frame: Frame, results: Mapping[str, Any], key: tuple[Period, Dimensions]
) -> int | None:
    """Return how many people stand behind a value: the lesser side's, None where one is not known."""
    cell, datasets = (key[0].grain, key[0].start, key[1]), frame.catalog.datasets
    found = [
        people.counted(metric, datasets[side.dataset], _item(side), results[name].get(cell))
        for name, side in _known_sides(metric, frame)
    ]
    known = [each for each in found if each is not None]
    return min(known) if known and len(known) == len(found) else None


def _allocated_scan(metric: Metric, allocate: Allocate, frame: Frame) -> Scan:
    """Return the numerator's scan with what is spread apart, by the dimensions that its dataset has."""
    side, _ = _bases(metric.options)
    whole = _item(side)
    items = (whole, *(item for item in split(whole, allocate) if item not in (None, whole)))
    cuts = dict.fromkeys(((), *(_known(side, frame, cut) for cut in frame.cuts)))
    return replace(_scan(side, frame, metric.options.over), items=items, cuts=tuple(cuts))


def _known(side: Reference, frame: Frame, cut: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in cut if name in frame.catalog.datasets[side.dataset].dimensions)


def resampled(metric: Metric, frame: Frame) -> tuple[bool, bool]:
    """Tell which sides know the entity and are resampled; the others are fixed."""
    datasets, entity = frame.catalog.datasets, metric.options.entity
    first, second = (entity in datasets[side.dataset].entities for side in _bases(metric.options))
    return first, second


def _blank(reference: Reference) -> float | None:
    """Return what a covered period without a row is worth."""
    return 0.0 if _item(reference).measure.additive else None


def _sides(frame: Frame, cells: Cells, reference: Reference) -> Sides:
    item, blank = _item(reference), _blank(reference)
    sides: Sides = {}
    for period, segment, row in cells_by_period(frame, cells):
        value = number(row[item]) if row else None
        sides[period, segment] = blank if value is None else value
    return sides


def _allocated(metric: Metric, frame: Frame, cells: Cells,
               denominators: Mapping[tuple[Period, Dimensions], float | None]) -> Sides:  # fmt: skip
    """Return the numerators, in every cut what the total has, spread over its segments."""
    allocate: Allocate = metric.options.allocate
    side, _ = _bases(metric.options)
    found = _sides(replace(frame, cuts=((),)), cells, side) if () in frame.cuts else {}
    amounts = Amounts(cells, *split(_item(side), allocate))
    weights: dict[tuple[Period, tuple[str, ...]], dict[Dimensions, float]] = {}
    for (period, segment), weight in denominators.items():
        weights.setdefault((period, tuple(name for name, _ in segment)), {})[segment] = weight or 0.0
    for cut in (tuple(sorted(each)) for each in frame.cuts if each):
        for period in (period for periods in frame.all_periods().values() for period in periods):
            direct = amounts.of(period.grain, period.start, _known(side, frame, cut))
            pool = amounts.pooled(period.grain, period.start)
            shares = spread(direct, pool, weights.get((period, cut), {}), cut, allocate.by)
            found |= {(period, segment): amount for segment, amount in shares.items()}
    return found


def _estimate(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], n: float | None, d: float | None,
              spread: Spread | None) -> Estimate:  # fmt: skip
    period, segment = key
    value = n / d if n is not None and d else None
    # A segment's amount without a denominator is a row of its own, and known as such.
    empty = value is None and not (segment and n)
    if not frame.final(period) and not _mature_together(metric.options, frame.catalog):
        value = None
    size = _size(spread)
    interval, draws = None, None
    if value is not None and spread is not None:
        fixed_n, fixed_d = (
            None if known else side for known, side in zip(resampled(metric, frame), (n, d), strict=True)
        )
        if spread.pairs is not None:
            pairs = spread.pairs

            def draws(seed: int) -> np.ndarray:
                return bootstrap_ratio(pairs, fixed_n, fixed_d, seed)

            interval = percentile_interval(draws(zlib.crc32(f"{metric.metric}{key}".encode())))
        elif spread.moments is not None:
            interval = delta_ratio(spread.moments, fixed_n, fixed_d)
    small = metric.options.entity is not None and (size or 0) < metric.min_sample
    return Estimate(
        period,
        segment,
        plain_state(frame, period, empty=empty, small=small and value is not None),
        value=value,
        numerator=n,
        denominator=d,
        lower=interval.lower if isinstance(interval, Interval) else None,
        upper=interval.upper if isinstance(interval, Interval) else None,
        sample_size=size,
        maturity=frame.elapsed_share(period),
        draws=draws,
    )


def _mature_together(options: Options, catalog: Catalog) -> bool:
    """Tell whether both sides come to their end alike: else what there is of them so far estimates nothing.

    Rows of one may come later than those of the other, be planned beforehand, or be read at one moment.
    """
    sides = []
    for side in (options.numerator, options.denominator):
        dataset = catalog.datasets[side.dataset]
        time = side.time.node if side.time else default_time(dataset)
        planned = time is not None and is_planned(catalog, side.dataset, time)
        sides.append((dataset.settle, planned, side.at))
    return sides[0] == sides[1]


def _size(spread: Spread | None) -> int | None:
    """Return how many entities stand behind a cell: those with anything on either side."""
    if spread is None:
        return None
    if spread.moments is not None:
        return spread.moments.n
    assert spread.pairs is not None
    counted = (spread.pairs.numerator != 0) | (spread.pairs.denominator != 0)
    return int(spread.pairs.count[counted].sum())
