"""How a model fits: page, API and `explain` say one thing, and nothing of what is private or refused."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.metric.fit import (
    Track,
    Trial,
    correlation,
    expected,
    figure,
    fit_of,
    judged,
    likelihood,
    off,
    verdict,
)
from api.project.project import Project
from tests.api.cli.shop import put, run
from tests.api.clv_shop import CLV, NOW, write_clv_shop


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_clv_shop(tmp_path_factory.mktemp("clv"))
    assert run(folder, "refresh", now=NOW).exit_code == 3
    return folder


@pytest.fixture(scope="module")
def project(root: Path) -> Project:
    found = Project.open(root)
    outcomes = {name: found.store.last_run(name).outcome for name in found.catalog.metrics}  # type: ignore[union-attr]
    assert [name for name, outcome in outcomes.items() if outcome == "failed"] == ["worth_refused"]
    return found


@pytest.fixture(scope="module")
def client(project: Project) -> FlaskClient:
    return create_app(project, now=lambda: NOW).test_client()


def words(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def explained(root: Path, metric: str) -> str:
    return " ".join(run(root, "explain", metric, "--as-of", "2024-07-01", now=NOW).stdout.split())


def test_a_fit_is_the_same_on_page_api_and_terminal(root: Path, client: FlaskClient) -> None:
    said = client.get("/api/v1/metrics/worth/diagnostics").get_json()
    live = json.loads(run(root, "explain", "worth", "--as-of", "2024-07-01", "--json", now=NOW).stdout)
    assert live["fit"] == said["fit"]
    assert live["beside"] == said["beside"]
    assert live["stored_fit"] is None
    page, text = words(client, "/catalogue/worth"), explained(root, "worth")
    fit, beside = said["fit"]["bg_nbd"], said["beside"]
    holdout, frequency = beside["holdout"], beside["frequency"]
    parameters = [f"{name} {figure(fit[name])}" for name in ("r", "alpha", "a", "b")]
    assert " ".join(parameters) in page
    assert " ".join(parameters) in text
    for shown in (page, text):
        assert likelihood(fit["log_likelihood"]) in shown
        assert likelihood(said["fit"]["gamma_gamma"]["log_likelihood"]) in shown
        assert correlation(beside["correlation"]) in shown
        assert "beyond ±0.2" in shown
        for name in ("conditional", "unconditional"):
            assert f"{expected(holdout[name])} {off(holdout[f'{name}_error'])}" in shown
        for seen, wanted in zip(frequency["observed"], frequency["expected"], strict=True):
            assert f" {seen:,} {expected(wanted)} " in shown
        by = holdout["by_frequency"]
        for row in zip(by["repeats"], by["customers"], by["observed"], by["expected"], strict=True):
            assert f" {row[0]} {row[1]:,} {row[2]:,.0f} {expected(row[3])} " in shown
        track = beside["observed_expected"]
        assert f" {track['observed_cumulative'][-1]:,} {expected(track['expected_cumulative'][-1])} " in shown


def test_renewals_are_the_same_on_page_api_and_terminal(root: Path, client: FlaskClient) -> None:
    said = client.get("/api/v1/metrics/plan_worth/diagnostics").get_json()
    page, text = words(client, "/catalogue/plan_worth"), explained(root, "plan_worth")
    renewals = said["beside"]["renewals"]
    rows = list(zip(renewals["due"], renewals["lost"], renewals["expected_lost"], strict=True))
    assert len(rows) > 5
    for number, (due, lost, wanted) in enumerate(rows, 1):
        line = f" {number} {due} {lost} {expected(wanted)} {1 - lost / due:.1%} {1 - wanted / due:.1%} "
        assert line in page
        assert line in f"{text} "
    assert "Holdout" not in page
    assert "Repeat purchases" not in page


def test_every_drawing_has_its_title_and_both_widths(client: FlaskClient) -> None:
    text = client.get("/catalogue/worth").text
    for name in ("cumulative", "weekly", "frequency"):
        for size in ("wide", "narrow"):
            assert f'id="fit-{name}-{size}-title"' in text
    # Three lines before paper takes the colour: solid, dashed, dotted; bars are full and hollow.
    drawn = text[text.index('id="fit-cumulative-wide-title"') :]
    assert [drawn[: drawn.index("</svg>")].count(f'<path class="{kind}"') for kind in
            ("observed", "expected", "trial", "since")] == [1, 1, 1, 1]  # fmt: skip
    bars = text[text.index('id="fit-frequency-wide-title"') :]
    assert [bars[: bars.index("</svg>")].count(f'<rect class="{kind}"') for kind in
            ("observed", "expected")] == [8, 8]  # fmt: skip


def test_a_private_metric_shows_nothing(root: Path, project: Project, client: FlaskClient) -> None:
    assert "How the model fits" not in words(client, "/catalogue/worth_hidden")
    assert "How the model fits" not in explained(root, "worth_hidden")
    said = client.get("/api/v1/metrics/worth_hidden/diagnostics").get_json()
    assert (said["fit"], said["beside"]) == (None, {})
    # What was stored before it became private is not shown either.
    metric = replace(project.catalog.metric("worth"), private=True)
    assert judged(project, metric) is None


def test_what_was_stored_before_a_metric_became_private_stays_there(tmp_path: Path) -> None:
    root = write_clv_shop(tmp_path)
    run(root, "refresh", "--metric", "worth", now=NOW)
    put(root, "metrics/sales/worth.yml", CLV + "private: true\n")
    client = create_app(Project.open(root), now=lambda: NOW).test_client()
    said = client.get("/api/v1/metrics/worth/diagnostics").get_json()
    assert (said["fit"], said["beside"]) == (None, {})
    assert "How the model fits" not in words(client, "/catalogue/worth")


def test_a_metric_without_a_model_has_no_section(root: Path, client: FlaskClient) -> None:
    assert "How the model fits" not in words(client, "/catalogue/worth_counted")
    assert "How the model fits" not in explained(root, "worth_counted")


def test_a_refused_fit_says_why(root: Path, client: FlaskClient) -> None:
    said = client.get("/api/v1/metrics/worth_refused/diagnostics").get_json()
    reason = "its model is not fitted: Gamma-Gamma: the correlation of frequency and value"
    assert reason in said["error"]
    assert (said["fit"], said["failed_at"]) == (None, "2024-07-01T00:00:00+00:00")
    page, text = words(client, "/catalogue/worth_refused"), explained(root, "worth_refused")
    assert "The run of 1 Jul 2024, 00:00 gave no fit." in page
    assert said["error"] in page
    assert said["error"] in text
    assert "No earlier fit is stored." in page
    assert "no earlier fit is stored" in text


def test_a_refused_fit_leaves_the_last_good_one_with_its_date(tmp_path: Path) -> None:
    root = write_clv_shop(tmp_path)
    run(root, "refresh", "--metric", "worth", now=NOW)
    put(root, "metrics/sales/worth.yml", CLV + "max_correlation: 0.000001\n")
    later = NOW.replace(hour=12)
    assert run(root, "refresh", "--metric", "worth", now=later).exit_code == 3
    client = create_app(Project.open(root), now=lambda: later).test_client()
    said = client.get("/api/v1/metrics/worth/diagnostics").get_json()
    assert (said["computed_at"], said["definition_changed"]) == ("2024-07-01T00:00:00+00:00", True)
    page, text = words(client, "/catalogue/worth"), explained(root, "worth")
    dated = "of 1 Jul 2024, 00:00: the definition has changed since."
    assert f"Below stands the last good fit, {dated}" in page
    assert "below stands the last good fit, of 2024-07-01 00:00 UTC; the definition has changed since" in text
    shown = figure(said["fit"]["bg_nbd"]["alpha"])
    assert f"alpha {shown}" in page
    assert f"alpha {shown}" in text
    stored = json.loads(run(root, "explain", "worth", "--as-of", "2024-07-01", "--json", now=NOW).stdout)
    assert stored["fit"] is None
    assert stored["stored_fit"] == {"computed_at": said["computed_at"], "definition_changed": True,
                                    "fit": said["fit"]}  # fmt: skip


def test_assumptions_stand_beside_the_label_everywhere(root: Path, client: FlaskClient) -> None:
    assumed = "12 months, 10% a year, GBP, margin 40%, BG/NBD and Gamma-Gamma"
    assert client.get("/api/v1/metrics/worth").get_json()["assumptions"] == assumed
    for path in ("/catalogue/worth", "/catalogue", "/?period=2023-Q1"):
        assert f"Lifetime value {assumed}" in words(client, path)
    assert assumed in run(root, "show", "--period", "2023-Q1", now=NOW).stdout
    assert assumed in run(root, "query", "worth", "--grain", "quarter", now=NOW).stdout
    assert f"# HELP kpi_worth_gbp Lifetime value ({assumed})\n" in client.get("/metrics").text
    assert client.get("/api/v1/metrics/worth/observations").get_json()["assumptions"] == assumed
    report = client.get("/api/v1/scorecards/joint?period=2023-Q1").get_json()
    indicators = report["perspectives"][0]["objectives"][0]["indicators"]
    assert [each["assumptions"] for each in indicators] == [
        "6 months, not discounted, GBP, margin 40%", "24 months, not discounted, GBP, margin 40%", assumed]  # fmt: skip


def test_the_lineage_says_what_values_rest_on_and_which_fit_they_come_from(client: FlaskClient) -> None:
    said = client.get("/api/v1/metrics/worth/lineage").get_json()
    assert said["assumptions"] == "12 months, 10% a year, GBP, margin 40%, BG/NBD and Gamma-Gamma"
    assert said["currency"] == "GBP"
    (fit,) = said["fits"]
    diagnostics = client.get("/api/v1/metrics/worth/diagnostics").get_json()
    assert (fit["metric"], fit["models"]) == ("worth", diagnostics["fit"])
    assert {"r", "alpha", "a", "b", "log_likelihood", "customers"} == set(fit["models"]["bg_nbd"])
    assert (fit["definition_hash"], fit["computed_at"]) == (
        diagnostics["definition_hash"],
        diagnostics["computed_at"],
    )
    assert fit["fitted_at"] == diagnostics["beside"]["fitted_at"]
    payback = client.get("/api/v1/metrics/back_soon/lineage").get_json()
    assert (payback["currency"], payback["fits"]) == ("GBP", [])


def test_no_month_of_payback_is_said_in_words(root: Path, client: FlaskClient) -> None:
    report = client.get("/api/v1/scorecards/joint?period=2023-Q1").get_json()
    soon, late, _ = report["perspectives"][0]["objectives"][0]["indicators"]
    assert (soon["scored"]["value"], soon["scored"]["state"]) == (None, "final")
    assert soon["scored"]["absent"] == "not within 6 months"
    # It takes 7 whole months at least, which is a third of a third below the red flag of 6; the goal is 3.
    assert (soon["score"], soon["status"]) == (pytest.approx(2 / 9), "red")
    assert (soon["scored_as"], soon["note"]) == (7.0, "Scored as 7 months, the least it can be.")
    assert [point["value"] for point in soon["trend"]] == [None]
    assert (late["score"], late["scored_as"]) == (None, None)
    assert (late["scored"], late["provisional"]["absent"]) == (None, "not yet")
    page = words(client, "/?period=2023-Q1")
    assert "Not within 6 months 2023-Q1 scored as 7 months, the least it can be" in page
    assert "2023-Q1 so far: not yet" in page
    shown = run(root, "show", "--period", "2023-Q1", now=NOW).stdout
    assert "not within 6 months" in shown
    assert "scored as 7 months, the least it can be" in " ".join(shown.split())
    assert "2023-Q1 so far not yet" in shown
    why = " ".join(run(root, "show", "--period", "2023-Q1", "--why", now=NOW).stdout.split())
    assert "Months to pay back has no value (not within 6 months) in 2023-Q1:" in why
    assert "22 of 100 on the scale. Scored as 7 months, the least it can be." in why
    assert "and has no value (not yet):" in why
    for metric, said in (("back_soon", "not within 6 months"), ("back_late", "not yet")):
        assert f"2023-Q1 {said} " in words(client, f"/catalogue/{metric}")
        table = run(root, "query", metric, "--grain", "quarter", now=NOW).stdout
        assert said in next(line for line in table.splitlines() if line.startswith("2023-01-01"))
        # What machines read stays a number or nothing.
        lines = run(root, "query", metric, "--grain", "quarter", "--format", "csv", now=NOW).stdout
        assert said not in lines
    assert "not within 6 months" in words(client, "/catalogue")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.24259, "0.2426"), (4.41362, "4.414"), (6.25, "6.250"), (15.447, "15.45"), (1234.5, "1234"),
     (-0.5, "\N{MINUS SIGN}0.5000"), (float("nan"), "–")],
)  # fmt: skip
def test_a_parameter_has_four_digits(number: float, text: str) -> None:
    assert figure(number) == text


def test_errors_have_their_sign() -> None:
    assert [off(each) for each in (None, -0.12146, 0.0004, -0.0004, 0.02)] == [
        "–", "\N{MINUS SIGN}12.1%", "0.0%", "0.0%", "+2.0%"]  # fmt: skip
    assert correlation(-0.07) == "\N{MINUS SIGN}0.070"
    assert likelihood(-9582.4291) == "\N{MINUS SIGN}9,582.43"


def test_a_trial_is_said_in_a_sentence() -> None:
    trial = Trial(
        date(1997, 10, 1), date(1998, 7, 1), 2357, 1882.0, None, 1653.4, -0.12146, 1666.7, -0.114, ()
    )
    assert verdict(trial) == (
        "A trial fit that knew nothing after 30 Sep 1997 expected 1,653 repeat purchases from 1 Oct 1997 to "
        "30 Jun 1998; 1,882 came (\N{MINUS SIGN}12.1%)."
    )
    refused = replace(trial, refused="too few customers", conditional=None, conditional_error=None)
    assert verdict(refused) == (
        "What came from 1 Oct 1997 to 30 Jun 1998 could not be held against a forecast: too few customers."
    )


def test_a_last_stretch_that_is_cut_short_is_left_out() -> None:
    ends = (date(2024, 1, 7), date(2024, 1, 14), date(2024, 1, 21), date(2024, 1, 23))
    track = Track(ends, (1, 2, 3, 0), (1.0, 2.0, 3.0, 0.1), (1, 3, 6, 6), (1.0, 3.0, 6.0, 6.1), ())
    assert (track.whole, track.weeks) == (3, 1)
    assert replace(track, ends=(*ends[:3], date(2024, 1, 28))).whole == 4


def test_what_holds_no_fit_has_none() -> None:
    assert fit_of({}) is None
    assert fit_of({"fit": None, "unmatched": []}) is None
