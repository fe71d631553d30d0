"""Aggregate: count, sum, average or percentile of a dataset's rows, per period and segment.

An empty, covered period is 0 for counts and sums, and has no value for averages and percentiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import At, Over, Reference
from metrics.expressions.nodes import Expression, Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, number, plain_state
from metrics.kind import Request, Uncertainty
from metrics.kinds._shared import people
from metrics.observation import Estimate
from metrics.sql.scan import Aggregate, Scan

CODE_VERSION = 2

_SAMPLED = ("avg", "percentile")


@dataclass(frozen=True)
class Options:
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    measure: Measure
    where: Expression | None = None
    time: Expression | None = None
    at: At | None = None
    over: Over = Over()


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return (Reference(options.dataset, where=options.where, time=options.time, at=options.at),)


def uncertainty(metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
    """Say that a plain count, sum or average has no interval."""
    return Uncertainty.NONE


def _items(options: Options) -> tuple[Aggregate, ...]:
    where = (options.where.node,) if options.where else ()
    items = [Aggregate("value", options.measure, where)]
    if options.measure.function in _SAMPLED:
        present = Measure("count", "count", options.measure.argument)
        items.append(Aggregate("sample", present, where))
    if options.measure.function == "avg":
        items.append(Aggregate("sum", Measure("sum", "sum", options.measure.argument), where))
    return tuple(items)


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan."""
    options: Options = metric.options
    items = _items(options)
    items = (*items, *people.asked(metric, frame.catalog.datasets[options.dataset], items[0]))
    return {"rows": scan_of(metric, frame, items, bases(metric)[0], options.over)}


def scan_of(metric: Metric, frame: Frame, items: tuple[Aggregate, ...], base: Reference, over: Over) -> Scan:
    """Return the scan of one reference for the grains and cuts that are asked for."""
    time = base.time.node if base.time else None
    return Scan(base.dataset, items, frame.grains, frame.cuts, time=time, over=over, at=base.at)


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    options: Options = metric.options
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
                people=people.counted(metric, frame.catalog.datasets[options.dataset], items["value"], row),
            )
        )
    # A stock is read at a moment, whatever stretch is said beside.
    return covered_only(frame, options.over if options.at is None else Over(), found)
