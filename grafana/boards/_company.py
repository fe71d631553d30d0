"""What every dashboard is made from, and the variables and settings that all of them share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from grafana import variables
from grafana.cards import Cards
from grafana.dashboard import Dashboard, Row
from grafana.names import JOINT
from grafana.panel import Panel
from grafana.thresholds import Colours
from grafana.variables import Variable
from metrics.grain import Grain
from metrics.model import Catalog, Metric
from metrics.parts import inputs
from scorecard.model import Board, Stage, label_of


@dataclass(frozen=True)
class Company:
    """A company's definitions, the address of its scorecard server, and the instant that colours are of."""

    catalog: Catalog
    board: Board
    url: str
    on: datetime

    def cards(self, grain: str = "$grain") -> Cards:
        """Return the maker of metrics' panels, by default at the grain that the reader chooses."""
        return Cards(self.catalog, self.board, Colours(self.catalog, self.on), grain)

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

    def dashboard(self, uid: str, title: str, description: str, rows: Iterable[Row], *, shown: Iterable[Metric],
                  folder: str = JOINT, more: tuple[Variable, ...] = (), grains: bool = True,
                  time_from: str = "now-3y") -> Dashboard:  # fmt: skip
        """Return a dashboard with the variables that its metrics call for."""
        metrics = list(shown)
        chosen = [variables.datasource(), variables.address(self.url)]
        if grains and metrics:
            chosen.append(variables.grain((grain for each in metrics for grain in each.grains), self.grain))
        rows = tuple(row for row in rows if row.panels)
        if any("$by" in query.expression for row in rows for panel in row.panels for query in panel.queries):
            chosen += variables.segments(name for each in metrics for name in each.dimensions)
        calendar = self.catalog.company.calendar
        return Dashboard(
            uid, folder, title, description, rows, (*chosen, *more), tags=(folder,), time_from=time_from,
            timezone=calendar.timezone, fiscal_month=calendar.fiscal_year_starts - 1,
            week_start=self.catalog.company.week_starts if self.catalog.company.week_starts in _WEEKS else "",
        )  # fmt: skip

    def by_stage(self, metrics: Iterable[Metric], cards: Cards, *, prefix: str = "", collapsed: bool = False,
                 ) -> tuple[Row, ...]:  # fmt: skip
        """Return a row of cards for each stage of the journey, in its order."""
        rows: dict[str, list[Panel]] = {}
        for metric in metrics:
            title = label_of(metric.stage) if metric.stage else "Across all stages"
            rows.setdefault(f"{prefix}{title}", []).extend(cards.of(metric))
        return tuple(Row(title, tuple(panels), collapsed) for title, panels in rows.items())


_WEEKS = ("saturday", "sunday", "monday")
