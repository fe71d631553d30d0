"""A metric's series have a name of their own, as Prometheus wants it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.definitions import Places
from metrics.errors import Finding
from metrics.model import Catalog

CODE = "prometheus-name"


ENDINGS = ("_count", "_total", "_sum", "_bucket", "_info")
UNITS = ("days", "hours", "minutes", "weeks")
PARTS = ("lower", "upper", "numerator", "denominator", "sample_size")
RESERVED = (
    "period_end_timestamp_seconds", "refresh_duration_seconds", "source_last_success_timestamp_seconds",
    "source_up", "source_watermark_timestamp_seconds",
)  # fmt: skip


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each metric whose series would bear a bad name or another's."""
    currency = catalog.company.currency.report.lower()
    series: dict[str, str] = {}
    for name in catalog.metrics:
        series |= dict.fromkeys(_series(name, currency), name)
    series |= {each: "" for each in RESERVED}
    for name in catalog.metrics:
        if message := _problem(name, series):
            yield Finding(at("metric", name, "metric"), CODE, message)


def _problem(name: str, series: dict[str, str]) -> str:
    ending = next((each for each in ENDINGS if name.endswith(each)), "")
    if ending:
        return f"a metric's name cannot end in {ending}: Prometheus gives the ending a meaning"
    unit = next((part for part in name.split("_") if part in UNITS), "")
    if unit:
        return f"a metric's name cannot hold {unit!r}: Prometheus carries seconds, and the unit is added"
    if name in series:
        owner = f"of metric {series[name]!r}" if series[name] else "of the server itself"
        return f"{name!r} could be taken for a series {owner}"
    return ""


def _series(name: str, currency: str) -> tuple[str, ...]:
    """Return what may follow a metric's name in its series: its unit, provisional, a bound or a part."""
    units = ("", "_ratio", "_seconds", f"_{currency}")
    states = ("", "_provisional")
    tails = ("", *(f"_{part}" for part in PARTS))
    whole = (f"{name}{unit}{state}{tail}" for unit in units for state in states for tail in tails)
    return tuple(each for each in whole if each != name)
