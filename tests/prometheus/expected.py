"""What an expression of a dashboard must say, computed from the store alone: a second reading of each.

It knows the few forms that dashboards are made of, and raises on any other.
"""

from __future__ import annotations

import re
from functools import cached_property

from sqlalchemy import select

from metrics.analysis.finality import Finality
from metrics.analysis.vintages import milliseconds
from metrics.catalog.walk import inputs
from metrics.describe.series_names import PARTS, base_of, dimension_labels
from metrics.observation import PUBLISHED, State
from metrics.store.tables import definitions
from scorecard.score import Status
from scorecard.target import target_for
from tests.api.northwind import NOW
from tests.store_engine import engine_of

FORM = re.compile(
    r"(?P<age>time\(\) - )?(?:max by \((?P<by>[^)]*)\) \()?(?P<family>\w+)(?:\{(?P<matchers>[^{}]*)\})?(?(by)\))"
    r"(?P<after> == 1| == 0| \* 1000)?"
)
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')


class Expected:
    """The store's numbers, read once; each period is chosen once for all expressions."""

    def __init__(self, company, now=NOW):
        self.company = company
        self.now = now
        self.finality = Finality(company.catalog)
        self.calendar = company.catalog.company.calendar
        self.stored = {name: company.store.latest(name) for name in company.catalog.metrics}
        self.chosen = {}
        self.families = {}
        for metric in company.catalog.metrics.values():
            base = base_of(metric, company.catalog)
            for part in PARTS:
                for infix in ("", "_provisional"):
                    name = f"kpi_{metric.metric}{base.suffix}{infix}{part.suffix}"
                    self.families[name] = (metric, part, bool(infix), part.factor(metric, base))

    def of(self, expression, at):
        """Return values by labels, without the family's name."""
        form = FORM.fullmatch(expression)
        assert form, f"no known form: {expression}"
        matchers = MATCHER.findall(form["matchers"] or "")
        found = {}
        for labels, value in self._series(form["family"], dict((m[0], m[2]) for m in matchers), at):
            if not all(_fits(labels.get(name, ""), sign, text) for name, sign, text in matchers):
                continue
            kept = {name: text for name, text in labels.items()
                    if text and (form["by"] is None or name in form["by"].split(", "))}  # fmt: skip
            key = tuple(sorted(kept.items()))
            assert key not in found, f"{expression} has {key} twice"
            if form["after"] in (" == 1", " == 0") and value != float(form["after"][-1]):
                continue
            value = at - value if form["age"] else value
            found[key] = value * 1000 if form["after"] == " * 1000" else value
        return found

    def _series(self, family, equal, at):
        if family in self.families:
            yield from self._values(*self.families[family], equal, at)
        else:
            yield from getattr(self, f"_{family}")(equal, at)

    def _values(self, metric, part, provisional, factor, equal, at):
        past = "vintage" in equal
        for seen in self._chosen(metric, provisional, past, at):
            number = getattr(seen, part.name)
            if number is not None:
                labels = {"grain": seen.grain.value, "by": ",".join(seen.by), **dict(seen.dimensions)}
                assert set(labels) <= {"grain", "by", *dimension_labels(metric)}
                yield labels | ({"vintage": equal["vintage"]} if past else {}), number * factor

    def _chosen(self, metric, provisional, past, at):
        """Return the observations that stand for an instant: of one period a grain (and age)."""
        key = metric.metric, provisional, past, at if past else None
        if key not in self.chosen:
            self.chosen[key] = list(self._choose(metric, provisional, past, at))
        return self.chosen[key]

    def _choose(self, metric, provisional, past, at):
        tables = {}
        run = self.company.store.last_success(metric.metric)
        begun = run.diagnostics.get("partly_covered", {}) if run else {}
        for seen in self.stored[metric.metric]:
            if provisional:
                # What began in the middle of a period that is over stays open for good: nobody waits for it.
                late = begun.get(seen.grain.value)
                old = late is not None and str(seen.period.start) <= late["through"]
                over = old and self.calendar.instant(seen.period.end) <= seen.watermark
                meant = seen.state is State.PROVISIONAL and not over
            else:
                meant = seen.state in PUBLISHED and (not past or self._final_by(metric, seen, at))
            if meant:
                age = seen.part_of(metric.own_dimensions)
                periods = tables.setdefault((seen.grain, age), {})
                periods.setdefault(str(seen.period.start), {})[seen.dimensions] = seen
        for (_, age), periods in tables.items():
            latest_first = [periods[start] for start in sorted(periods, reverse=True)]
            chosen = latest_first[0]
            if provisional:
                # A period that has only begun has no value yet: the latest that has one is shown, of the total
                # where it has any.
                valued = [
                    {key for key, seen in one.items() if seen.value is not None} for one in latest_first
                ]
                totals = [one for one, keys in zip(latest_first, valued, strict=True) if age in keys]
                segments = [one for one, keys in zip(latest_first, valued, strict=True) if keys]
                chosen = (totals or segments or latest_first)[0]
            yield from chosen.values()

    def _final_by(self, metric, seen, at):
        own = seen.part_of(metric.own_dimensions)
        end = self.finality.at(metric.metric, seen.period, own, seen.value)
        if end is not None and inputs(metric) and seen.watermark is not None:
            # A formula may be final before an input that decides by itself could have been at the latest.
            end = min(end, seen.watermark)
        return end is not None and milliseconds(end) <= round(at * 1000)

    def _live(self, metric, past, at, provisional=False):
        """Return the period that stands for an instant, by grain."""
        found = {}
        for seen in self._chosen(metric, provisional, past, at):
            found[seen.grain] = max(seen.period, found.get(seen.grain, seen.period))
        return found

    def _scorecard_target(self, equal, at):
        past = "vintage" in equal
        every = self.company.catalog.metrics
        for metric in [every[equal["metric"]]] if "metric" in equal else every.values():
            factor = base_of(metric, self.company.catalog).factor
            for grain, period in self._live(metric, past, at).items():
                target = target_for(metric, period, self.company.catalog)
                for kind, level in target.numbers() if target else ():
                    labels = {"metric": metric.metric, "grain": grain.value, "kind": kind}
                    yield labels | ({"vintage": equal["vintage"]} if past else {}), level * factor

    def _kpi_period_end_timestamp_seconds(self, equal, at):
        return self._ends(equal, at, provisional=False)

    def _kpi_provisional_period_end_timestamp_seconds(self, equal, at):
        return self._ends(equal, at, provisional=True)

    def _ends(self, equal, at, provisional):
        for metric in self.company.catalog.metrics.values():
            shown = {"vintage": equal["vintage"]} if "vintage" in equal else {}
            for grain, period in self._live(metric, "vintage" in equal, at, provisional).items():
                bounds = self.calendar.bounds(period)
                if bounds is not None:
                    yield {"metric": metric.metric, "grain": grain.value, **shown}, bounds[1].timestamp()

    @cached_property
    def _reports(self):
        return [self.company.report(name, None, self.now) for name in self.company.board.scorecards]

    def _scorecard_score(self, equal, at):
        return [({"scorecard": one.scorecard}, one.score) for one in self._reports if one.score is not None]

    def _scorecard_score_by_earlier_goals(self, equal, at):
        for report in self._reports:
            scores = [one.score for one in report.rescored if one.cause.value == "target"] or [report.score]
            if scores[0] is not None:
                yield {"scorecard": report.scorecard}, scores[0]

    def _scorecard_goals_moved_timestamp_seconds(self, equal, at):
        calendar = self.company.catalog.company.calendar
        for report in self._reports:
            for one in report.rescored:
                if one.cause.value == "target":
                    yield {"scorecard": report.scorecard}, calendar.instant(one.since).timestamp()

    def _scorecard_status_moved_timestamp_seconds(self, equal, at):
        for report in self._reports:
            for one in report.indicators:
                for cause in one.causes:
                    if cause.moved and cause.status_before is not None and cause.since is not None:
                        labels = {
                            "scorecard": report.scorecard,
                            "metric": one.metric,
                            "cause": cause.cause.value,
                            "status_before": cause.status_before.value,
                            "status": cause.status_after.value,
                        }
                        yield labels, self.calendar.instant(cause.since).timestamp()

    def _scorecard_score_lower(self, equal, at):
        return [({"scorecard": one.scorecard}, one.score_lower) for one in self._reports
                if one.score_lower is not None]  # fmt: skip

    def _scorecard_score_upper(self, equal, at):
        return [({"scorecard": one.scorecard}, one.score_upper) for one in self._reports
                if one.score_upper is not None]  # fmt: skip

    def _scorecard_coverage_ratio(self, equal, at):
        return [({"scorecard": one.scorecard}, one.coverage) for one in self._reports]

    def _scorecard_objective_score(self, equal, at):
        for report in self._reports:
            for view in report.perspectives:
                for one in view.objectives:
                    if one.score is not None:
                        labels = {"perspective": view.perspective, "objective": one.objective}
                        yield labels | {"scorecard": report.scorecard}, one.score

    def _scorecard_indicators(self, equal, at):
        for report in self._reports:
            statuses = {one.metric: one.status for one in report.indicators}.values()
            for status in Status:
                yield {"scorecard": report.scorecard, "status": status.value}, list(statuses).count(status)

    def _scorecard_status(self, equal, at):
        for report in self._reports:
            for one in {one.metric: one for one in report.indicators}.values():
                for status in Status:
                    labels = {"scorecard": report.scorecard, "metric": one.metric, "status": status.value}
                    yield labels, float(one.status is status)

    def _scorecard_status_certain(self, equal, at):
        for report in self._reports:
            for one in {one.metric: one for one in report.indicators}.values():
                if one.status_certain is not None:
                    yield {"scorecard": report.scorecard, "metric": one.metric}, float(one.status_certain)

    def _scorecard_definition_info(self, equal, at):
        for name, metric in self.company.catalog.metrics.items():
            labels = {"metric": name, "hash": self.company.hash_of(name), "commit": self.company.commit or ""}
            yield {**labels, "status": metric.status.value}, 1.0

    def _scorecard_definition_changed_timestamp_seconds(self, equal, at):
        known = {}
        with engine_of(self.company.store).connect() as connection:
            for row in connection.execute(select(definitions)):
                known.setdefault(row.metric, []).append((row.first_seen, row.hash))
        for metric, seen in known.items():
            for instant, hashed in sorted(seen)[1:]:
                yield {"metric": metric, "hash": hashed}, instant.timestamp()

    def _scorecard_milestone_timestamp_seconds(self, equal, at):
        return [({"label": one.label}, self.calendar.instant(one.date).timestamp())
                for one in self.company.board.milestones]  # fmt: skip

    def _kpi_refresh_success(self, equal, at):
        for name in self.company.catalog.metrics:
            yield {"metric": name}, float(self.company.store.last_run(name).outcome == "ok")

    def _kpi_refresh_duration_seconds(self, equal, at):
        for name in self.company.catalog.metrics:
            yield {"metric": name}, self.company.store.last_run(name).seconds

    def _sources(self, field):
        for name, health in self.company.store.source_health().items():
            value = getattr(health, field)
            if value is not None:
                yield {"source": name}, float(value) if field == "up" else value.timestamp()

    def _kpi_source_up(self, equal, at):
        return self._sources("up")

    def _kpi_source_watermark_timestamp_seconds(self, equal, at):
        return self._sources("watermark")

    def _kpi_dataset_watermark_timestamp_seconds(self, equal, at):
        for name, health in self.company.store.dataset_health().items():
            yield {"source": health.source, "dataset": name}, health.watermark.timestamp()

    def _kpi_metric_watermark_timestamp_seconds(self, equal, at):
        for name in self.company.catalog.metrics:
            yield {"metric": name}, self.company.store.last_success(name).watermark.timestamp()

    def _kpi_source_last_success_timestamp_seconds(self, equal, at):
        return self._sources("last_success")


def _fits(value, sign, text):
    return value == text if sign == "=" else re.fullmatch(text, value) is not None
