"""When a red flag is crossed beyond doubt: by a final value whose whole interval lies behind it."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.cards import target_kinds
from grafana.promql import PART, Figures, select
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.describe.series_names import SeriesPart, family_name
from metrics.describe.uncertainty import uncertainty_of
from metrics.grain import Grain
from metrics.kind import Uncertainty
from scorecard.model import Board

SPAN_DAYS = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31, Grain.QUARTER: 92, Grain.YEAR: 366,
             Grain.FISCAL_QUARTER: 92, Grain.FISCAL_YEAR: 366}  # fmt: skip
"""The longest that a period of a grain lasts: that long ago, another one was the latest."""


def alert_grains(metric: Metric, board: Board) -> tuple[Grain, ...]:
    """Return the grains at which a metric is watched: its scorecards', else its targets', else all of its own."""
    scored = [card.grain for card in board.scorecards.values() if metric.metric in card.metrics]
    targeted = [target.per for target in metric.targets if target.per is not None]
    for grains in (scored, targeted, metric.grains):
        found = tuple(dict.fromkeys(grain for grain in grains if grain in metric.grains))
        if found:
            return found
    return ()


def crossed(metric: Metric, catalog: Catalog, grain: Grain, *, past: bool = False) -> str | None:
    """Return the expression that holds while the red flag is crossed; None for a metric that has none.

    The bound of the interval that lies nearest to the goal must be behind the red flag; where there is no
    interval, the value itself. A sample that is too small says nothing. `past` asks the history instead of
    the live series; both know final values alone.
    """
    tests = list(_tests(metric, catalog, grain, past))
    if not tests:
        return None
    either = " or ".join(tests)
    whole = f"({either})" if len(tests) > 1 else either
    if metric.min_sample > 0:
        size = _merged(Figures.of(metric, catalog, grain.value).total(PART["sample_size"], past=past))
        whole = f"({whole} unless on (grain) {size} < {metric.min_sample})"
    return whole


def bounded(metric: Metric, catalog: Catalog) -> bool:
    """Tell whether a metric's values may have an interval."""
    return uncertainty_of(metric, catalog) is not Uncertainty.NONE


def _tests(metric: Metric, catalog: Catalog, grain: Grain, past: bool) -> Iterator[str]:
    figures = Figures.of(metric, catalog, grain.value)
    value = figures.total(past=past)
    kinds = [kind for kind in target_kinds(metric) if kind.startswith("red_flag")]
    for kind in kinds:
        below = metric.direction is Direction.UP or kind == "red_flag_lower"
        bound, sign = (PART["upper"], "<") if below else (PART["lower"], ">")
        nearest = f"{figures.total(bound, past=past)} or {value}" if bounded(metric, catalog) else value
        flag = _merged(select("scorecard_target", metric=metric.metric, grain=figures.grain, kind=kind,
                              **({"vintage": "current"} if past else {})))  # fmt: skip
        yield f"{_merged(nearest)} {sign} on (grain) {flag}"


def _merged(expression: str) -> str:
    return f"max by (grain) ({expression})"


def improves(metric: Metric, catalog: Catalog, grain: Grain) -> str | None:
    """Return the expression that holds while a metric is clearly better than a period before; None where none is.

    Where both values have an interval, that of their difference must lie on the better side of 0: it is made
    of the limits of the two as `metrics.statistics.comparison.hybrid_difference` makes it. Of two that share
    rows it is too wide, so that it says less often that one is better. Where either has no interval, the
    values themselves are compared.
    """
    if metric.direction not in (Direction.UP, Direction.DOWN) or grain not in SPAN_DAYS:
        return None
    figures, days = Figures.of(metric, catalog, grain.value), SPAN_DAYS[grain]

    def sides(part: SeriesPart) -> tuple[str, str]:
        return _merged(figures.past_at(0, part)), _merged(figures.past_at(days, part))

    up = metric.direction is Direction.UP
    now, before = sides(PART["value"])
    plain = f"{now} {'>' if up else '<'} on (grain) {before}"
    if not bounded(metric, catalog):
        return plain
    # The limits that look at each other.
    facing, faced = ("lower", "upper") if up else ("upper", "lower")
    near, far = sides(PART[facing])[0], sides(PART[faced])[1]
    gain = f"({now} - on (grain) {before})" if up else f"({before} - on (grain) {now})"
    reach = f"sqrt(({now} - on (grain) {near}) ^ 2 + on (grain) ({far} - on (grain) {before}) ^ 2)"
    both = f"({near} and on (grain) {far})"
    return f"{gain} > on (grain) {reach} or ({plain} unless on (grain) {both})"


def live_value(metric: Metric, catalog: Catalog, grain: Grain, *, past: bool = False) -> str:
    """Return the value itself, for the alert to show."""
    return _merged(Figures.of(metric, catalog, grain.value).total(past=past))


def family(metric: Metric, catalog: Catalog) -> str:
    """Return the name of a metric's live family."""
    return family_name(metric, Figures.of(metric, catalog, "").base)
