"""What every dashboard is made from, and the variables and settings that all of them share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from grafana import variables
from grafana.cards import Cards, cut_by
from grafana.dashboard import Dashboard, Row
from grafana.names import JOINT
from grafana.periods import Periods, offered
from grafana.thresholds import Colours
from grafana.variables import Variable
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.grain import Grain
from scorecard.model import Board, Stage, label_of


@dataclass(frozen=True)
class Company:
    """A company's definitions, the address of its scorecard server, and the instant that colours are of."""

    catalog: Catalog
    board: Board
    url: str
    on: datetime

    def cards(self, shown: Iterable[Metric], fixed: Grain | None = None) -> Cards:
        """Return the maker of the panels of a dashboard's metrics, at a period that is fixed or chosen.

        The values of a dimension can be chosen where two metrics or more are cut by it.
        """
        metrics = list(shown)
        periods = Periods(fixed) if fixed else offered(metrics, self.grain)
        shared = Counter(name for metric in metrics for name in cut_by(metric))
        filtered = frozenset(name for name, count in shared.items() if count > 1)
        return Cards(self.catalog, self.board, Colours(self.catalog, self.on), periods, filtered)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return every metric, in the order of the journey's stages, those without a stage last."""
        order = [stage.stage for stage in self.board.stages]
        place = {name: index for index, name in enumerate(order)}
        return tuple(sorted(self.catalog.metrics.values(),
                            key=lambda metric: place.get(metric.stage or "", len(order))))  # fmt: skip

    @property
    def grain(self) -> Grain:
        """Return the grain that is shown at first: the first scorecard's, else months."""
        return next((card.grain for card in self.board.scorecards.values()), Grain.MONTH)

    def stage(self, metric: Metric) -> Stage | None:
        """Return the stage that a metric belongs to."""
        return next((stage for stage in self.board.stages if stage.stage == metric.stage), None)

    def made_of(self, metric: Metric) -> tuple[Metric, ...]:
        """Return the metrics that a metric is computed from."""
        return tuple(self.catalog.metrics[name] for name in inputs(metric) if name in self.catalog.metrics)

    @property
    def indicators(self) -> frozenset[str]:
        """Return the names of the metrics that stand in a scorecard."""
        return frozenset(name for card in self.board.scorecards.values() for name in card.metrics)

    def dashboard(self, uid: str, title: str, description: str, rows: Iterable[Row], *, cards: Cards,
                  folder: str = JOINT, more: tuple[Variable, ...] = (), time_from: str = "now-3y",
                  ) -> Dashboard:  # fmt: skip
        """Return a dashboard with the variables that its expressions use."""
        rows = tuple(row for row in rows if row.panels)
        asked = {query.expression for row in rows for panel in row.panels for query in panel.queries}
        choices = (
            [variables.grain(cards.periods.offered, cards.periods.default)] if cards.periods.offered else []
        )
        choices += [variables.segment(name) for name in sorted(cards.filtered)]
        used = [each for each in choices if any(_asks(text, each.name) for text in asked)]
        calendar = self.catalog.company.calendar
        return Dashboard(
            uid, folder, title, description, rows,
            (variables.datasource(), variables.address(self.url), *used, *more),
            tags=(folder,), time_from=time_from,
            timezone=calendar.timezone, fiscal_month=calendar.fiscal_year_starts - 1,
            week_start=self.catalog.company.week_starts if self.catalog.company.week_starts in _WEEKS else "",
        )  # fmt: skip

    def by_weight(self, metrics: Iterable[Metric], cards: Cards, whose: str) -> Iterator[Row]:
        """Yield the scorecards' indicators first, then in rows that open at a click all else, stage by stage."""
        shown = list(metrics)
        first = [metric for metric in shown if metric.metric in self.indicators]
        yield Row(f"{whose}: the scorecard's indicators", tuple(cards.now(metric) for metric in first))
        yield Row(
            f"{whose}: the past of these", tuple(each for metric in first for each in cards.drawn(metric))
        )
        for title, rest in self.by_stage(metric for metric in shown if metric not in first):
            panels = [each for metric in rest for each in cards.drawn(metric)]
            yield Row(f"Also: {title}", (cards.figures_of(f"{title}: now", rest), *panels), bool(first))
        further = tuple(each for metric in shown for each in cards.further(metric))
        yield Row("By further dimensions", further, collapsed=True)

    def by_stage(self, metrics: Iterable[Metric]) -> list[tuple[str, list[Metric]]]:
        """Return metrics by the stage of the journey, in its order."""
        found: dict[str, list[Metric]] = {}
        for metric in metrics:
            found.setdefault(label_of(metric.stage) if metric.stage else "Across all stages", []).append(
                metric
            )
        return list(found.items())


def _asks(expression: str, variable: str) -> bool:
    return re.search(rf"\${variable}\b", expression) is not None


_WEEKS = ("saturday", "sunday", "monday")
