"""CDNOW through the whole path: the published fits come out of `explain`, and a forecast holds what came."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main
from metrics.grain import Grain
from metrics.observation import State
from tests.postgres_server import PostgresServer

from .conftest import CASES, DATA, Case

pytestmark = pytest.mark.real_data

QUARTER = "1997-01-01"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project, so that nothing is written beside the definitions."""
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not beside this checkout")
    root = tmp_path_factory.mktemp("cdnow")
    for file in (CASES / "cdnow_clv" / "definitions").rglob("*.yml"):
        path = root / file.relative_to(CASES / "cdnow_clv")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8").replace("../../../../shared/data", str(DATA))
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def served(
    project: Path, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Copy the project once more, its log in a table of PostgreSQL."""
    root = tmp_path_factory.mktemp("cdnow_served")
    with postgres.fresh() as server, server.connect() as connection:
        connection.execute(
            "create table purchases (masterid text, sampleid text, date text, cds bigint, sales numeric)"
        )
        log = gzip.decompress((DATA / "cdnow" / "cdnow_sample_elog.csv.gz").read_bytes())
        with connection.cursor().copy("copy purchases from stdin with (format csv, header)") as copy:
            copy.write(log)
        for file in (project / "definitions").rglob("*.yml"):
            path = root / file.relative_to(project)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8").replace("duckdb:///:memory:", "${file:server.url}")
            lines = ["table: purchases" if line.startswith("files:") else line for line in text.splitlines()]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (root / "server.url").write_text(server.url, encoding="utf-8")
        yield root


def explain(root: Path, metric: str, as_of: str) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["explain", metric, "--as-of", as_of, "--project", str(root), "--json"])
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def rounded(fit: dict[str, float], digits: int, *names: str) -> list[float]:
    return [round(fit[name], digits) for name in names]


def test_the_published_bg_nbd_and_gamma_gamma(project: Path) -> None:
    fit = explain(project, "clv_bg_nbd", "1997-10-01")["fit"]
    assert list(fit) == ["bg_nbd", "gamma_gamma"]
    assert rounded(fit["bg_nbd"], 3, "r", "alpha", "a", "b") == [0.243, 4.414, 0.793, 2.426]
    assert round(fit["bg_nbd"]["log_likelihood"], 2) == -9582.43
    assert rounded(fit["gamma_gamma"], 2, "p", "q", "gamma") == [6.25, 3.74, 15.44]
    assert round(fit["gamma_gamma"]["log_likelihood"], 3) == -4055.918
    assert (fit["bg_nbd"]["customers"], fit["gamma_gamma"]["customers"]) == (2357, 946)


def test_the_published_pareto_nbd(project: Path) -> None:
    fit = explain(project, "clv_pareto_nbd", "1997-10-01")["fit"]["pareto_nbd"]
    assert rounded(fit, 3, "r", "alpha", "s", "beta") == [0.553, 10.578, 0.606, 11.669]
    assert round(fit["log_likelihood"], 1) == -9595.0


def test_what_a_person_sees_of_the_fit(project: Path) -> None:
    beside = explain(project, "clv_bg_nbd", "1997-10-01")["beside"]
    assert beside["frequency"]["observed"][0] == 1411
    assert beside["observed_expected"]["observed_cumulative"][-1] == 2457
    assert beside["observed_expected"]["expected_cumulative"][-1] == pytest.approx(2457, rel=0.02)
    assert beside["fitted_at"] == "1997-10-01T00:00:00+00:00"
    assert round(beside["correlation"], 3) == 0.114


def test_the_published_holdout(project: Path) -> None:
    """A model of the first 39 weeks, against the 1,882 purchases of weeks 40 to 78."""
    holdout = explain(project, "clv_bg_nbd", "1998-07-01")["beside"]["holdout"]
    assert (holdout["from"], holdout["until"], holdout["customers"]) == ("1997-10-01", "1998-07-01", 2357)
    assert holdout["observed"] == 1882
    assert round(holdout["unconditional"], 1) == 1666.7
    assert round(holdout["conditional"], 1) == 1653.4


def test_what_the_values_rest_on_is_told(project: Path) -> None:
    said = explain(project, "clv_bg_nbd", "1997-10-01")["terms"]
    assert [term["value"] for term in said if term["key"] == "assumes"] == [
        "52 weeks, 10% a year, USD, margin 30%, BG/NBD and Gamma-Gamma"
    ]


@pytest.mark.postgres
@pytest.mark.parametrize("metric", ["clv_bg_nbd", "clv_pareto_nbd"])
def test_postgres_gives_the_same_fit(project: Path, served: Path, metric: str) -> None:
    ours, theirs = (explain(root, metric, "1998-07-01") for root in (project, served))
    for model, fit in ours["fit"].items():
        assert theirs["fit"][model] == pytest.approx(fit, rel=1e-9), model
    seen, other = ours["beside"], theirs["beside"]
    assert other["observed_expected"]["observed"] == seen["observed_expected"]["observed"]
    assert other["holdout"]["observed"] == seen["holdout"]["observed"] == 1882
    for name in ("conditional", "unconditional"):
        assert other["holdout"][name] == pytest.approx(seen["holdout"][name], rel=1e-9)


# What came within 52 weeks of the first purchase, at 30% margin, discounted by 10% a year.
COUNTED = """
    with log as (
        select sampleid as customer, strptime(date::text, '%Y%m%d')::date as day, sales::double as spend,
               cds
        from read_csv('{data}/cdnow/cdnow_sample_elog.csv.gz')
    ), first as (select customer, min(day) as day from log group by customer)
    select {segment}, sum(0.3 * l.spend * pow(1.1, -(l.day - f.day) / 365.25)), count(distinct f.customer)
    from log l join first f using (customer)
    where l.day < f.day + 364 and f.day >= '{start}' and f.day < '{end}' group by 1
"""


@pytest.fixture(scope="module")
def later(run_case: Callable[[str, datetime], Case]) -> Case:
    return run_case("cdnow_clv", datetime(1998, 7, 1, tzinfo=UTC))


def test_counted_values_equal_sql(later: Case, sql: Callable[[str], list[tuple[object, ...]]]) -> None:
    cells = later.values("clv_historic", Grain.MONTH)
    for start, end in (
        ("1997-01-01", "1997-02-01"),
        ("1997-02-01", "1997-03-01"),
        ("1997-03-01", "1997-04-01"),
    ):
        query = COUNTED.replace("{segment}", "''").replace("{start}", start).replace("{end}", end)
        ((_, total, customers),) = sql(query)
        seen = cells[start, ()]
        assert (seen.denominator, seen.state) == (customers, State.FINAL)
        assert seen.numerator == pytest.approx(total, rel=1e-9)
        assert seen.value == pytest.approx(float(str(total)) / float(str(customers)), rel=1e-9)


def test_a_forecast_holds_what_came(later: Case, project: Path) -> None:
    """After 39 weeks the value of 52 is expected; nine months later it has come, and no model is needed."""
    done = CliRunner().invoke(
        main,
        ["query", "clv_bg_nbd", "--grain", "quarter", "--by", "first_basket", "--as-of", "1997-10-01",
         "--project", str(project), "--format", "json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    forecast = {row["first_basket"]: row for row in json.loads(done.stdout) if row["period_start"] == QUARTER}
    came = later.values("clv_historic", Grain.QUARTER, "first_basket")
    fitted = later.values("clv_bg_nbd", Grain.QUARTER, "first_basket")
    assert set(forecast) == {"one", "several"}
    for basket, row in forecast.items():
        key = (QUARTER, (("first_basket", basket),))
        value = came[key].value
        assert value is not None
        assert row["lower"] < value < row["upper"]
        assert row["state"] == "final"
        assert fitted[key].value == pytest.approx(value, rel=1e-9)
