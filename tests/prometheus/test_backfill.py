"""The history as a file: promtool makes blocks of it, and a real Prometheus returns the same series."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from api.app import create_app
from api.prometheus.backfill import write
from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.wire import Asked, Match, Matcher
from metrics.analysis.vintages import Vintage
from tests.api.northwind import NOW, build
from tests.prometheus.servers import need, prometheus, serving

DAY = timedelta(days=1)
SOME = ("kept_promises", "first_reply")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    project = build(tmp_path_factory.mktemp("northwind"))
    yield project
    project.store.close()


def text(company, names=SOME, vintage=Vintage.CURRENT, now=NOW, start=None):
    out = io.BytesIO()
    done = write(company, [company.catalog.metric(name) for name in names], vintage, DAY, now, out, start)
    return out.getvalue().decode(), done


def samples(said):
    return {
        (
            sample.name,
            tuple(sorted(sample.labels.items())),
            round(float(sample.timestamp) * 1000),
        ): sample.value
        for family in text_string_to_metric_families(said)
        for sample in family.samples
    }


def expected(company, at, names=SOME, vintage="current"):
    pattern = f"kpi_({'|'.join(names)})_.*|scorecard_target|kpi_period_end_timestamp_seconds"
    matchers = (Matcher("__name__", Match.REGEX, pattern), Matcher("vintage", Match.EQUAL, vintage))
    end = round(at.timestamp() * 1000)
    found = answer(company, Histories(), Asked(end - 1, end, matchers))
    return {
        one.labels: float(one.values[0]) for one in found if dict(one.labels).get("metric", names[0]) in names
    }


@pytest.mark.parametrize("vintage", list(Vintage))
def test_each_sample_is_what_remote_read_answers(company, vintage):
    said, done = text(company, vintage=vintage, start=NOW - 100 * DAY)
    assert said.endswith("\n# EOF\n")
    assert said.count("# EOF") == 1
    found = samples(said)
    assert len(found) == done.samples
    assert len({(name, labels) for name, labels, _ in found}) == done.series
    stamps = sorted({at for _, _, at in found})
    assert {at % 86_400_000 for at in stamps} == {0}
    for at in (stamps[0], stamps[len(stamps) // 2], stamps[-1]):
        then = {tuple(sorted((("__name__", name), *labels))): value
                for (name, labels, stamp), value in found.items() if stamp == at}  # fmt: skip
        assert then == expected(company, datetime.fromtimestamp(at / 1000, UTC), vintage=vintage.value)


@pytest.mark.parametrize(("hour", "days"), [(2, 1), (3, 1), (4, 0)])
def test_the_last_three_hours_are_left_to_prometheus(company, hour, days):
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    said, done = text(company, ("first_reply",), now=midnight + timedelta(hours=hour), start=NOW - 10 * DAY)
    newest = max(at for _, _, at in samples(said))
    assert done.until == midnight + timedelta(hours=hour - 3)
    assert newest == round((midnight - days * DAY).timestamp() * 1000)


def test_a_metric_without_values_has_no_samples(company):
    said, done = text(company, names=("lifetime_value_to_cost",))
    assert (said, done.samples, done.series) == ("# EOF\n", 0, 0)


@pytest.mark.prometheus
def test_blocks_return_the_same_series(company, tmp_path):
    # promtool reads the whole file again for every two hours of it.
    said, _ = text(company, names=("first_reply",), start=NOW - 20 * DAY)
    (tmp_path / "history.om").write_text(said)
    folder = tmp_path / "prometheus"
    done = subprocess.run(
        [need("promtool"), "tsdb", "create-blocks-from", "openmetrics", "history.om", folder / "data"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(create_app(company, now=lambda: NOW)) as target:
        config = "\nstorage: {tsdb: {out_of_order_time_window: 0s}}\n"
        with prometheus(folder, target, config, remote=False, retention="10y") as server:
            for day in (datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=UTC)):
                name = '{__name__=~"kpi_first_reply_.+",vintage="current"}'
                found = server.instant(name, day.timestamp())
                wanted = expected(company, day, ("first_reply",))
                assert found == {key: value for key, value in wanted.items()
                                 if dict(key)["__name__"].startswith("kpi_first_reply")}  # fmt: skip
                assert found
