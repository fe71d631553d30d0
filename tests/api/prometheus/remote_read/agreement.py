"""Hold the history at this instant against the live series: they are the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from api.project.project import Project
from api.prometheus.exposition import render
from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.wire import Asked, Match, Matcher
from metrics.analysis.finality import Finality
from metrics.analysis.vintages import milliseconds
from metrics.catalog.walk import inputs
from metrics.describe.series_names import PARTS, base_of, family_name
from metrics.observation import PUBLISHED, Observation

Key = tuple[tuple[str, str], ...]
EVERY = r"kpi_.*|scorecard_target"
BESIDE = (
    "kpi_source_", "kpi_dataset_", "kpi_metric_watermark_", "kpi_refresh_", "kpi_survey_", "kpi_to_date_",
)  # fmt: skip


def live_series(project: Project, now: datetime) -> dict[Key, float]:
    """Return the live series by their labels, but for what has no history: grain all and open periods."""
    found = {}
    for family in text_string_to_metric_families(render(project, now).decode()):
        name = family.name
        if name != "scorecard_target" and (not name.startswith("kpi_") or name.startswith(BESIDE)):
            continue
        for sample in family.samples:
            if "_provisional" not in name and sample.labels.get("grain") != "all":
                labels = {"__name__": name, **sample.labels}
                key = tuple(sorted((label, value) for label, value in labels.items() if value))
                assert key not in found, "a series comes once"
                found[key] = sample.value
    return found


def past_series(project: Project, at: datetime, vintage: str = "current",
                histories: Histories | None = None) -> dict[Key, float]:  # fmt: skip
    """Return the series of the history at an instant by their labels, without the vintage."""
    end = milliseconds(at)
    matchers = (Matcher("__name__", Match.REGEX, EVERY), Matcher("vintage", Match.EQUAL, vintage))
    found = answer(project, histories or Histories(), Asked(end - 300_000, end, matchers))
    keys = [tuple(pair for pair in one.labels if pair[0] != "vintage") for one in found]
    assert len(keys) == len(set(keys)), "a series comes once"
    return {key: float(one.values[0]) for key, one in zip(keys, found, strict=True)}


def plain_reading(
    project: Project, at: datetime, stored: Mapping[str, Sequence[Observation]]
) -> dict[Key, float]:
    """Read observations for every value at one instant, one after the other, without a thought for speed."""
    finality, expected = Finality(project.catalog), {}
    ends = cache(finality.at)
    for metric in project.catalog.metrics.values():
        base, newest = base_of(metric, project.catalog), {}
        there = []
        for one in stored[metric.metric]:
            if one.state not in PUBLISHED or one.period.end is None:
                continue
            own = one.part_of(metric.own_dimensions)
            final = ends(metric.metric, one.period, own, one.value)
            assert final is not None
            if inputs(metric) and one.watermark is not None:
                final = min(final, one.watermark)
            if final <= at:
                there.append((one, own))
                known = newest.setdefault((one.grain, own), one.period.start)
                newest[one.grain, own] = max(known, one.period.start)
        for one, own in there:
            if one.period.start != newest[one.grain, own]:
                continue
            for part in PARTS:
                number = getattr(one, part.name)
                if number is not None:
                    labels = {"__name__": family_name(metric, base, part), "grain": one.grain.value,
                              "by": ",".join(one.by), **dict(one.dimensions)}  # fmt: skip
                    key = tuple(sorted((name, value) for name, value in labels.items() if value))
                    expected[key] = number * part.factor(metric, base)
    return expected
