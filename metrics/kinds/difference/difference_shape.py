"""A difference is to another metric, or to itself a whole number of periods earlier."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.grain import Grain, Span, Unit
from metrics.kinds.difference.options import Options
from metrics.loading.loader import Places

CODE = "difference-shape"


_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}
_NEEDED = {
    Grain.MONTH: 1,
    Grain.QUARTER: 3,
    Grain.FISCAL_QUARTER: 3,
    Grain.YEAR: 12,
    Grain.FISCAL_YEAR: 12,
}


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for both or neither of minus and shift, and for shifts that miss a grain."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if (options.minus is None) == (options.shift is None):
            yield Finding(at("metric", name), CODE, "a difference has exactly one of minus and shift")
        elif options.shift is not None:
            for grain in metric.grains:
                if not fits(options.shift, grain):
                    message = f"{options.shift} is not a whole number of periods of grain {str(grain)!r}"
                    yield Finding(at("metric", name, "shift"), CODE, message)


def fits(shift: Span, grain: Grain) -> bool:
    """Tell whether a shift leads from one period of a grain to another; a year of weeks counts too."""
    if shift.count == 0 or shift.unit.elapsed or grain is Grain.ALL:
        return False
    if grain is Grain.DAY:
        return True
    if grain is Grain.WEEK:
        return shift.unit in (Unit.WEEK, Unit.YEAR) or (shift.unit is Unit.DAY and shift.count % 7 == 0)
    months = _MONTHS.get(shift.unit, 0) * shift.count
    return months > 0 and months % _NEEDED[grain] == 0
