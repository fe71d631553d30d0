"""How one metric is shown: its value now, its past with interval and target, its segments, a link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grafana import units
from grafana.panel import Panel, Query, looks, stat, trend
from grafana.promql import PART, Figures
from grafana.thresholds import Colours
from grafana.variables import ADDRESS, BY, SEGMENT
from metrics.grain import Grain
from metrics.model import Catalog, Direction, Metric
from metrics.series import dimension_labels
from scorecard.model import Board

LOWER, UPPER = "95% interval, lower", "95% interval, upper"
OPEN = "still open"
_DASHED = {"dash": [8, 8], "fill": "dash"}
_DOTTED = {"dash": [2, 6], "fill": "dot"}
_TARGETS = {"goal": ("goal", "green"), "red_flag": ("red flag", "red"),
            "goal_lower": ("goal, lower", "green"), "goal_upper": ("goal, upper", "green"),
            "red_flag_lower": ("red flag, lower", "red"), "red_flag_upper": ("red flag, upper", "red")}  # fmt: skip


@dataclass(frozen=True)
class Cards:
    """Make the panels of metrics, at a grain that is fixed or a variable."""

    catalog: Catalog
    board: Board
    colours: Colours
    grain: str = "$grain"

    def figures(self, metric: Metric) -> Figures:
        """Return a metric's series."""
        return Figures.of(metric, self.catalog, self.grain)

    def of(self, metric: Metric, *, segments: bool = True) -> tuple[Panel, ...]:
        """Return a metric's panels, one line of the dashboard: now, the past, the past by segment."""
        cut = segments and bool(metric.dimensions) and not metric.own_dimensions
        past = self.past(metric).sized(12 if cut else 20, 8)
        return (self.now(metric), past, *([self.by_segment(metric)] if cut else []))

    def now(self, metric: Metric) -> Panel:
        """Return the latest final value, coloured by its target, and the open period's beside it."""
        figures = self.figures(metric)
        grains = () if self.grain.startswith("$") else (Grain(self.grain),)
        last = "{{" + "}} {{".join(figures.own) + "}}" if figures.own else "final"
        return stat(
            metric.label,
            Query("A", figures.live(), last, now=True),
            Query("B", figures.live(provisional=True), OPEN, now=True),
            description=self.describe(metric), unit=units.unit(metric, self.catalog), width=4,
            steps=self.colours.of(metric, *grains),
            looks=(looks("B", color={"fixedColor": "text", "mode": "fixed"}),),
            links=self.links(metric), fields={"noValue": "no final value"},
        )  # fmt: skip

    def past(self, metric: Metric) -> Panel:
        """Return the past as it is known now; what is provisional is a query and a dashed line of its own."""
        figures = self.figures(metric)
        name = "{{" + "}} {{".join(figures.own) + "}}" if figures.own else metric.label
        queries = [Query("A", figures.past(), name), Query("B", figures.live(provisional=True), OPEN)]
        styles = [looks("B", custom__lineStyle=_DASHED, custom__lineWidth=1, custom__showPoints="always",
                        color={"fixedColor": "text", "mode": "fixed"})]  # fmt: skip
        if not figures.own:
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
        return trend(
            f"{metric.label}: past", *queries,
            description=self.describe(metric), unit=units.unit(metric, self.catalog),
            looks=tuple(styles), links=self.links(metric),
        )  # fmt: skip

    def by_segment(self, metric: Metric) -> Panel:
        """Return the past of the chosen segments."""
        chosen = self.figures(metric).past_by(f"${BY}", f'${{{BY}}}=~"${SEGMENT}"')
        legend = " ".join(f"{{{{{name}}}}}" for name in dimension_labels(metric))
        return trend(
            f"{metric.label}: segments", Query("A", chosen, legend), width=8,
            description=f"By the dimension that is chosen above, of: {', '.join(metric.dimensions)}.",
            unit=units.unit(metric, self.catalog), links=self.links(metric),
        )  # fmt: skip

    def amounts(self, metric: Metric, above: str, below: str) -> Panel:
        """Return a share's numerator and denominator in the past."""
        figures = self.figures(metric)
        return trend(
            f"{metric.label}: {below} and {above}",
            Query("A", figures.past(PART["denominator"]), below),
            Query("B", figures.past(PART["numerator"]), above),
            description=self.describe(metric), unit=units.COUNT, links=self.links(metric), width=8,
        )  # fmt: skip

    def describe(self, metric: Metric) -> str:
        """Return the question that a metric answers, who answers for it, and which way is better."""
        return " ".join(self._words(metric))

    def _words(self, metric: Metric) -> Iterator[str]:
        yield metric.question or f"{metric.label}."
        if metric.leads:
            names = ", ".join(self.board.label(name) for name in metric.supports)
            yield f"{self.board.label(metric.leads)} leads{f', supported by {names}' if names else ''}."
        better = {Direction.UP: "Higher is better.", Direction.DOWN: "Lower is better.",
                  Direction.BAND: "Best within its band."}  # fmt: skip
        yield better.get(metric.direction, "Context, without a target.")

    def links(self, metric: Metric) -> tuple[tuple[str, str], ...]:
        """Return the links of a metric's numbers: to its page, with the definition and the rows behind it."""
        return (("Definition and history", f"${{{ADDRESS}:raw}}/catalogue/{metric.metric}"),)


def target_kinds(metric: Metric) -> tuple[str, ...]:
    """Return which series of targets a metric has."""
    if metric.direction is Direction.NONE:
        return ()
    ends = ("_lower", "_upper") if metric.direction is Direction.BAND else ("",)
    there = [name for name in ("goal", "red_flag")
             if any(isinstance(getattr(target, name), float | int | tuple) for target in metric.targets)]  # fmt: skip
    return tuple(f"{name}{end}" for name in there for end in ends)
