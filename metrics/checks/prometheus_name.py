"""A metric's series have a name of their own, as Prometheus wants it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.describe.series_names import PARTS, PREFIX, base_unit
from metrics.errors import Finding
from metrics.kind import RATIO
from metrics.loading.loader import Places

CODE = "prometheus-name"


ENDINGS = ("_count", "_total", "_sum", "_bucket", "_info")
UNITS = ("days", "hours", "minutes", "weeks")
RESERVED = (
    "dataset_late_timestamp_seconds", "dataset_watermark_timestamp_seconds",
    "metric_watermark_timestamp_seconds", "period_end_timestamp_seconds",
    "provisional_period_end_timestamp_seconds", "refresh_duration_seconds", "refresh_success",
    "source_last_success_timestamp_seconds", "source_up", "source_watermark_timestamp_seconds",
    "survey_invited", "survey_response_ratio",
    "to_date_length", "to_date_value",
)  # fmt: skip
"""What the server's own families are called, without their prefix."""


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each metric whose series would bear a bad name or another's."""
    currency = catalog.company.currency.report
    series: dict[str, str] = {}
    for name in catalog.metrics:
        series |= dict.fromkeys(_series(name, currency), name)
    for name in catalog.metrics:
        if message := _problem(name, series, currency):
            yield Finding(at("metric", name, "metric"), CODE, message)


def _problem(name: str, series: dict[str, str], currency: str) -> str:
    ending = next((each for each in ENDINGS if name.endswith(each)), "")
    if ending:
        return f"a metric's name cannot end in {ending}: Prometheus gives the ending a meaning"
    unit = next((part for part in name.split("_") if part in UNITS), "")
    if unit:
        return f"a metric's name cannot hold {unit!r}: Prometheus carries seconds, and the unit is added"
    own = next((each for each in (name, *_series(name, currency)) if each in RESERVED), "")
    if own:
        return f"{name!r} could be taken for a series of the server itself: {PREFIX}{own}"
    if name in series:
        return f"{name!r} could be taken for a series of metric {series[name]!r}"
    return ""


def _series(name: str, currency: str) -> tuple[str, ...]:
    """Return what a metric's series may be called, whatever its unit; not its bare name."""
    units = (
        "",
        *dict.fromkeys(base_unit(unit, currency).suffix for unit in (RATIO, "seconds", currency.lower())),
    )
    states = ("", "_provisional")
    whole = (f"{name}{unit}{state}{part.suffix}" for unit in units for state in states for part in PARTS)
    return tuple(each for each in whole if each != name)
