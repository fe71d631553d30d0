"""How one metric is shown: its value now, its past with interval and target, its segments, a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from grafana import units
from grafana.literal import in_markdown
from grafana.panel import Panel, Query, linked, looks, stat, stepped, trend
from grafana.periods import Periods
from grafana.promql import PART, Figures
from grafana.thresholds import Colours, Steps
from grafana.variables import ADDRESS, segment_name
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.describe.life import life_words
from metrics.describe.parameters import assumptions, full_label
from metrics.describe.uncertainty import uncertainty_of
from metrics.describe.units import unit_of
from metrics.grain import Grain
from metrics.kind import Uncertainty
from scorecard.model import Board, label_of

LOWER, UPPER = "95% interval, lower", "95% interval, upper"
OPEN = "still open"
_DASHED = {"dash": [8, 8], "fill": "dash"}
_DOTTED = {"dash": [2, 6], "fill": "dot"}
_TARGETS = {"goal": ("goal", "green"), "red_flag": ("red flag", "red"),
            "goal_lower": ("goal, lower", "green"), "goal_upper": ("goal, upper", "green"),
            "red_flag_lower": ("red flag, lower", "red"), "red_flag_upper": ("red flag, upper", "red")}  # fmt: skip


@dataclass(frozen=True)
class Cards:
    """Make the panels of metrics, at periods that are fixed or chosen.

    `filtered` are the dimensions of which the reader chooses values.
    """

    catalog: Catalog
    board: Board
    colours: Colours
    periods: Periods
    filtered: frozenset[str] = frozenset()

    def figures(self, metric: Metric) -> Figures:
        """Return a metric's series."""
        return Figures.of(metric, self.catalog, self.periods.grain(metric))

    def of(self, metric: Metric, *, segments: bool = True) -> tuple[Panel, ...]:
        """Return a metric's panels, one line of the dashboard: now, the past, the past by its first dimension."""
        cut = cut_by(metric)[:1] if segments else ()
        past = [each.sized(9 if cut else 18, 8) for each in self.past(metric)]
        return (self.now(metric).sized(6, 8), *past, *(self.by(metric, name).sized(9, 8) for name in cut))

    def drawn(self, metric: Metric) -> tuple[Panel, ...]:
        """Return a metric's past and its past by its first dimension, side by side."""
        return (*self.past(metric), *(self.by(metric, name) for name in cut_by(metric)[:1]))

    def further(self, metric: Metric) -> tuple[Panel, ...]:
        """Return a metric's past by each dimension but its first."""
        return tuple(self.by(metric, name) for name in cut_by(metric)[1:])

    def title(self, metric: Metric, more: str = "") -> str:
        """Return a metric's label with what its values rest on, what is shown, and at which period."""
        return f"{full_label(metric, self.catalog)}{more}{self.periods.says(metric)}"

    def now(self, metric: Metric) -> Panel:
        """Return the latest final value, coloured by its target, and the open period's beside it."""
        figures = self.figures(metric)
        last = _own(figures) or "final"
        return stat(
            self.title(metric),
            Query("A", figures.live(), last, now=True),
            Query("B", figures.live(provisional=True), OPEN, now=True),
            description=self.describe(metric), unit=units.unit(metric, self.catalog), width=4, height=4,
            steps=self._steps(metric),
            looks=(looks("B", color={"fixedColor": "text", "mode": "fixed"}),),
            links=self.links(metric), fields={"noValue": "no final value"},
        )  # fmt: skip

    def figures_of(self, title: str, metrics: Iterable[Metric]) -> Panel:
        """Return the latest final values of many metrics in one panel, each in its own unit and colours."""
        shown = list(metrics)
        queries = [
            Query(f"A{index}", self.figures(metric).live(), self._tile(metric), now=True)
            for index, metric in enumerate(shown)
        ]
        styles = [
            looks(query.ref, unit=units.unit(metric, self.catalog), links=linked(self.links(metric)),
                  thresholds={"mode": "absolute", "steps": stepped(self._steps(metric))})
            for query, metric in zip(queries, shown, strict=True)
        ]  # fmt: skip
        return stat(
            title, *queries, width=24, height=2 + 3 * ceil(len(shown) / 6), looks=tuple(styles),
            description="The latest final value of each. A click leads to the page of its definition.",
        )  # fmt: skip

    def _tile(self, metric: Metric) -> str:
        own = _own(self.figures(metric))
        return f"{self.title(metric)}{f', {own}' if own else ''}"

    def _steps(self, metric: Metric) -> Steps:
        return self.colours.of(metric, *self.periods.shown(metric))

    def past(self, metric: Metric) -> tuple[Panel, ...]:
        """Return the past as it is known now; a metric of all time has none.

        What is provisional is a query and a dashed line of its own. Bounds are asked for where the metric's
        kind can have an interval.
        """
        if self.periods.grain(metric) == Grain.ALL:
            return ()
        figures = self.figures(metric)
        queries = [Query("A", figures.past(), _own(figures) or metric.label),
                   Query("B", figures.live(provisional=True), OPEN)]  # fmt: skip
        styles = [looks("B", custom__lineStyle=_DASHED, custom__lineWidth=1, custom__showPoints="always",
                        color={"fixedColor": "text", "mode": "fixed"})]  # fmt: skip
        if not figures.own and uncertainty_of(metric, self.catalog) is not Uncertainty.NONE:
            bound = {"custom__lineWidth": 0, "custom__hideFrom": {"legend": True, "tooltip": False, "viz": False},
                     "color": {"fixedColor": "blue", "mode": "fixed"}}  # fmt: skip
            queries += [Query("C", figures.past(PART["lower"]), LOWER),
                        Query("D", figures.past(PART["upper"]), UPPER)]  # fmt: skip
            styles += [looks("C", **bound),
                       looks("D", **bound, custom__fillBelowTo=LOWER, custom__fillOpacity=15)]  # fmt: skip
        for ref, kind in zip("EFGH", target_kinds(metric), strict=False):
            says, colour = _TARGETS[kind]
            queries.append(Query(ref, figures.target(kind, past=True), says))
            styles.append(looks(ref, custom__lineStyle=_DOTTED, custom__lineWidth=1,
                                color={"fixedColor": colour, "mode": "fixed"}))  # fmt: skip
        return (trend(
            self.title(metric, ": past"), *queries,
            description=self.describe(metric), unit=units.unit(metric, self.catalog), width=12,
            looks=tuple(styles), links=self.links(metric),
        ),)  # fmt: skip

    def by(self, metric: Metric, dimension: str) -> Panel:
        """Return the past of the segments of one dimension, of those that are chosen where there is a choice."""
        chosen = (f'{dimension}=~"${segment_name(dimension)}"',) if dimension in self.filtered else ()
        return trend(
            self.title(metric, f": by {label_of(dimension).lower()}"),
            Query("A", self.figures(metric).past_by(dimension, *chosen), f"{{{{{dimension}}}}}"),
            description=f"{self.describe(metric)} Its dimensions: {', '.join(metric.dimensions)}.",
            unit=units.unit(metric, self.catalog), links=self.links(metric), width=12,
        )  # fmt: skip

    def amounts(self, metric: Metric, above: str, below: str) -> Panel:
        """Return a share's numerator and denominator in the past."""
        figures = self.figures(metric)
        return trend(
            self.title(metric, f": {below} and {above}"),
            Query("A", figures.past(PART["denominator"]), below),
            Query("B", figures.past(PART["numerator"]), above),
            description=self.describe(metric), unit=units.COUNT, links=self.links(metric), width=12,
        )  # fmt: skip

    def describe(self, metric: Metric) -> str:
        """Return the question that a metric answers, who answers for it, and which way is better."""
        return in_markdown(" ".join(self._words(metric)))

    def _words(self, metric: Metric) -> Iterator[str]:
        yield metric.question or f"{metric.label}."
        if life := life_words(metric, self.catalog):
            yield life
        if metric.leads:
            names = ", ".join(self.board.label(name) for name in metric.supports)
            yield f"{self.board.label(metric.leads)} leads{f', supported by {names}' if names else ''}."
        better = {Direction.UP: "Higher is better.", Direction.DOWN: "Lower is better.",
                  Direction.BAND: "Best within its band."}  # fmt: skip
        yield better.get(metric.direction, "Context, without a target.")
        rests = assumptions(metric, self.catalog)
        currency = self.catalog.company.currency.report
        if rests:
            yield f"It rests on {rests}."
        elif unit_of(metric, self.catalog) == currency.lower():
            yield f"In {currency}."

    def links(self, metric: Metric) -> tuple[tuple[str, str], ...]:
        """Return the links of a metric's numbers: to its page, with the definition and the rows behind it."""
        return (("Definition and history", f"${{{ADDRESS}:raw}}/catalogue/{metric.metric}"),)


def cut_by(metric: Metric) -> tuple[str, ...]:
    """Return the dimensions that a metric is shown by: one at a time, in the order of its definition."""
    return () if metric.own_dimensions else metric.dimensions


def _own(figures: Figures) -> str:
    """Return the legend of a metric that the kind itself cuts, by age or pair."""
    return " ".join(f"{{{{{name}}}}}" for name in figures.own)


def target_kinds(metric: Metric) -> tuple[str, ...]:
    """Return which series of targets a metric has."""
    if metric.direction is Direction.NONE:
        return ()
    ends = ("_lower", "_upper") if metric.direction is Direction.BAND else ("",)
    there = [name for name in ("goal", "red_flag")
             if any(isinstance(getattr(target, name), float | int | tuple) for target in metric.targets)]  # fmt: skip
    return tuple(f"{name}{end}" for name in there for end in ends)
