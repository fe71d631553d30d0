"""A metric's series have a name of their own, as Prometheus wants it."""

import pytest

from tests.metrics.project import COUNT, Files, added, assert_found

CASES = [
    pytest.param(
        added({"metrics/sales/ticket_count.yml": COUNT.replace("metric: new", "metric: ticket_count")}),
        [
            (
                "metrics/sales/ticket_count.yml",
                "ticket_count",
                (
                    "prometheus-name a metric's name cannot end in _count: Prometheus "
                    "gives the ending a meaning"
                ),
            )
        ],
        id="ending",
    ),
    pytest.param(
        added({"metrics/sales/days_to_close.yml": COUNT.replace("metric: new", "metric: days_to_close")}),
        [
            (
                "metrics/sales/days_to_close.yml",
                "days_to_close",
                (
                    "prometheus-name a metric's name cannot hold 'days': Prometheus "
                    "carries seconds, and the unit is added"
                ),
            )
        ],
        id="unit",
    ),
    pytest.param(
        added({"metrics/sales/holidays_taken.yml": COUNT.replace("metric: new", "metric: holidays_taken")}),
        [],
        id="unit inside a word",
    ),
    pytest.param(
        added(
            {"metrics/sales/csat_ratio_lower.yml": COUNT.replace("metric: new", "metric: csat_ratio_lower")}
        ),
        [
            (
                "metrics/sales/csat_ratio_lower.yml",
                "csat_ratio_lower",
                ("prometheus-name 'csat_ratio_lower' could be taken for a series of metric 'csat'"),
            )
        ],
        id="series of another metric",
    ),
    pytest.param(
        added({"metrics/sales/source_up.yml": COUNT.replace("metric: new", "metric: source_up")}),
        [
            (
                "metrics/sales/source_up.yml",
                "source_up",
                (
                    "prometheus-name 'source_up' could be taken for a series of the server itself: "
                    "kpi_source_up"
                ),
            )
        ],
        id="series of the server",
    ),
    pytest.param(
        added(
            {"metrics/sales/refresh_duration.yml": COUNT.replace("metric: new", "metric: refresh_duration")}
        ),
        [
            (
                "metrics/sales/refresh_duration.yml",
                "refresh_duration",
                (
                    "prometheus-name 'refresh_duration' could be taken for a series of the server "
                    "itself: kpi_refresh_duration_seconds"
                ),
            )
        ],
        id="series of the server with the unit",
    ),
    pytest.param(
        added(
            {
                "metrics/sales/new_gbp.yml": COUNT.replace("metric: new", "metric: new_gbp"),
                "metrics/sales/new.yml": COUNT,
            }
        ),
        [
            (
                "metrics/sales/new_gbp.yml",
                "new_gbp",
                "prometheus-name 'new_gbp' could be taken for a series of metric 'new'",
            )
        ],
        id="another metric's unit",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_prometheus_name(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
