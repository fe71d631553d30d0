"""Aggregate: count, sum, average or percentile of a dataset's rows, per period and segment.

An empty, covered period is 0 for counts and sums, and has no value for averages and percentiles.
"""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.money import is_money
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, number, plain_state
from metrics.kind import Additivity, Kind, Uncertainty
from metrics.kinds._shared import people
from metrics.kinds._shared.members import ScanMembers
from metrics.kinds.aggregate.options import Options
from metrics.observation import Estimate
from metrics.request import Members, Request
from metrics.sql.scan import Aggregate, Scan

_SAMPLED = ("avg", "percentile")


class Aggregation(Kind[Options]):
    """A measure of a dataset's rows."""

    options = Options
    code_version = 4
    same_days = True
    names_people = True

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the currency of a sum or average of money, nothing for other measures."""
        options = self.of(metric)
        money = is_money(Reference(options.dataset, options.measure), catalog)
        return catalog.company.currency.report.lower() if money else ""

    @override
    def measured(self, metric: Metric) -> Measure | None:
        """Return the measure that a value is."""
        return self.of(metric).measure

    @override
    def is_whole(self, metric: Metric, catalog: Catalog) -> bool:
        """Tell whether all is counted or summed; an average or an extreme is one of many that could have been."""
        return self.of(metric).measure.function in ("count", "count_distinct", "count_new", "sum")

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell whether anything but an entity's different ones is measured."""
        return self.of(metric).measure.function not in people.OF_PEOPLE

    @override
    def people_behind(self, metric: Metric, estimate: Estimate) -> int | None:
        """Return what a count counts."""
        return people.least_counted([(self.of(metric).measure, estimate.value)])

    @override
    def additivity(self, metric: Metric, catalog: Catalog, seen: frozenset[str] = frozenset()) -> Additivity:
        """Return that flows sum, and that averages and stocks hold."""
        options = self.of(metric)
        if options.over.to_date:
            return Additivity.EXACT
        if options.at is not None or options.over.trailing is not None:
            return Additivity.HOLDS
        if options.measure.function in ("count", "count_new", "sum"):
            return Additivity.SUMS
        if options.measure.function in ("avg", "median", "percentile"):
            return Additivity.HOLDS
        # Distinct counts and extremes grow with the period, but do not add up.
        return Additivity.EXACT

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return (Reference(options.dataset, where=options.where, time=options.time, at=options.at),)

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a plain count, sum or average has no interval."""
        return Uncertainty.NONE

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan."""
        options = self.of(metric)
        items = _items(options)
        items = (*items, *people.asked(metric, frame.catalog.datasets[options.dataset], items[0]))
        return {"rows": scan_of(metric, frame, items, self.bases(metric)[0], options.over)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        options = self.of(metric)
        items = {item.label: item for item in _items(options)}
        sampled = options.measure.function in _SAMPLED
        found = []
        for period, segment, row in cells_by_period(frame, results["rows"]):
            value = number(row[items["value"]]) if row else None
            if value is None and options.measure.additive:
                value = 0.0
            if value is None and segment:
                continue
            sample = int(row[items["sample"]] or 0) if row and sampled else None
            small = sampled and (sample or 0) < metric.min_sample
            total = number(row[items["sum"]]) if row and "sum" in items else None
            found.append(
                Estimate(
                    period,
                    segment,
                    plain_state(frame, period, empty=value is None, small=small),
                    value=value,
                    numerator=total,
                    denominator=float(sample) if sample is not None and total is not None else None,
                    sample_size=sample,
                    maturity=frame.elapsed_share(period),
                    people=people.counted(
                        metric, frame.catalog.datasets[options.dataset], items["value"], row
                    ),
                )
            )
        # A stock is read at a moment, whatever stretch is said beside.
        return covered_only(frame, options.over if options.at is None else Over(), found)

    @override
    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask which rows are measured."""
        options = self.of(metric)
        dataset = frame.catalog.datasets[options.dataset]
        scan = scan_of(metric, frame, _items(options)[:1], self.bases(metric)[0], options.over)
        return ScanMembers(scan, dataset) if dataset.key else None


KIND = Aggregation()


def _items(options: Options) -> tuple[Aggregate, ...]:
    where = (options.where.node,) if options.where else ()
    items = [Aggregate("value", options.measure, where)]
    if options.measure.function in _SAMPLED:
        present = Measure("count", "count", options.measure.argument)
        items.append(Aggregate("sample", present, where))
    if options.measure.function == "avg":
        items.append(Aggregate("sum", Measure("sum", "sum", options.measure.argument), where))
    return tuple(items)


def scan_of(metric: Metric, frame: Frame, items: tuple[Aggregate, ...], base: Reference, over: Over) -> Scan:
    """Return the scan of one reference for the grains and cuts that are asked for."""
    time = base.time.node if base.time else None
    return Scan(base.dataset, items, frame.grains, frame.cuts, time=time, over=over, at=base.at)
