"""Which of Grafana's units a metric's series are shown in, and how a PromQL template writes them."""

from __future__ import annotations

import re

from grafana.literal import in_rules
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.describe.series_names import base_of
from metrics.describe.units import unit_of

PERCENT, SECONDS, COUNT = "percentunit", "s", "short"
_CURRENCIES = re.compile(
    "AUD|BDT|BRL|CAD|CHF|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|MXN|NOK|NZD|PHP|PLN|RUB|SEK|TRY|TWD|"
    "UAH|USD|VND|ZAR"
)
"""Those that Grafana has a format for."""


def unit(metric: Metric, catalog: Catalog) -> str:
    """Return Grafana's name of the base unit that a metric's series are in."""
    base = base_of(metric, catalog)
    if base.suffix == "_ratio":
        return PERCENT
    if base.suffix == "_seconds":
        return SECONDS
    said = unit_of(metric, catalog)
    code = catalog.company.currency.report.upper()
    if said == code.lower():
        return f"currency{code}" if _CURRENCIES.fullmatch(code) else f"currency:{code}"
    return f"suffix: {said}" if said else COUNT


def written(metric: Metric, catalog: Catalog, value: str = "$value") -> str:
    """Return the template with which an alert writes a value."""
    base = base_of(metric, catalog)
    if base.suffix == "_ratio":
        return f"{{{{ {value} | humanizePercentage }}}}"
    if base.suffix == "_seconds":
        return f"{{{{ {value} | humanizeDuration }}}}"
    return f"{{{{ {value} | humanize }}}} {in_rules(unit_of(metric, catalog).upper())}".rstrip()
