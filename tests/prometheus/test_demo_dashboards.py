"""The demo company's dashboards as they open: every panel says the store's numbers, and none stands empty."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from api.demo import NOW
from grafana.build import build as build_files
from metrics.analysis.finality import Finality
from metrics.describe.uncertainty import uncertainty_of
from metrics.grain import Grain
from metrics.kind import Uncertainty
from metrics.observation import PUBLISHED
from metrics.operations.refresh import Refresher
from tests.grafana.reading import choices, dashboards, filled, opened, panels, targets
from tests.prometheus.expected import Expected
from tests.prometheus.forms import DAY, said
from tests.prometheus.test_dashboards import bare, settled
from tests.prometheus.test_demo_history import CHOSEN, LATE

pytestmark = pytest.mark.prometheus

AT = NOW.timestamp()
# Then the second quarter of 2025 was the latest: late orders of its May change it.
LONG_AGO = AT - 450 * DAY
# Of the choices that are not the first, every such one is asked.
SAMPLED = 5
# Nothing has failed, and no definition has changed since the demo was made. Of no department do as many as ten
# people attend, so that what it says of them is withheld.
EMPTY = {
    "dashboards/marketing/department-marketing.json": {
        "Attendance at joint reviews: by department (by quarter)",
    },
    "dashboards/joint/health.json": {
        "Metrics whose last refresh failed",
        "Definition changes",
    },
}
BOUND = re.compile(r"kpi_\w+_(lower|upper)\{")
RESTATED = ("revenue", "contribution_margin", "kept_promises")


class Reading(Expected):
    """The store's numbers, of a company whose definitions never changed."""

    def _scorecard_definition_changed_timestamp_seconds(self, equal, at):
        return ()


@pytest.fixture(scope="module")
def company(own_demo):
    """Return the demo as this module's own project, which a test restates."""
    return own_demo


@pytest.fixture(scope="module")
def boards(company):
    return dashboards(build_files(company.catalog, company.board, url="http://x", on=NOW))


def asked(expression, values):
    (text,) = filled(expression, values)
    return text


@pytest.fixture(scope="module")
def expressions(boards):
    """Every expression of every panel as it opens, and of other choices each fifth."""
    found, others = {}, {}
    for board in boards.values():
        every = choices(board, to=AT)
        first = opened(board, to=AT)
        for _, target in targets(board):
            found[asked(target["expr"], first)] = None
            others |= dict.fromkeys(filled(target["expr"], every))
    rest = sorted(set(others) - set(found))
    return list(found), rest[::SAMPLED]


def held(company, peer, expressions, now):
    """Return what each expression answers, once it is equal to the store's numbers."""
    expected, answered = Reading(company, NOW), {}
    for expression in expressions:
        past = "vintage" in expression
        for at in (AT, LONG_AGO) if past else (now,):
            found = bare(peer.instant(expression, at))
            assert found == pytest.approx(said(expected, expression, at), rel=1e-12), expression
            answered[expression, at if past else None] = found
    return answered


def restate(company):
    """Load orders of May 2025 late and compute anew what is made of orders."""
    orders = company.root / "data" / "sales" / "orders.parquet"
    new = orders.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.execute(LATE.format(old=orders, new=new, chosen=CHOSEN, synced="2026-10-13 02:00:00"))
    new.rename(orders)
    refresher = Refresher(company.catalog, company.root, company.store, lambda: NOW + timedelta(hours=1))
    assert refresher.refresh(list(RESTATED)).failed == ()


def test_every_panel_says_what_the_store_says_before_and_after_a_restatement(
    company, peer, boards, expressions
):
    first, others = expressions
    assert len(first) > 500
    assert len(others) > 50
    before = held(company, peer, [*first, *others], settled(peer, company, AT))
    for name, board in boards.items():
        assert empty(board, before) == EMPTY.get(name, set()), name
    in_vain = [key[0] for key, found in before.items() if key[1] == AT and BOUND.match(key[0]) and not found]
    assert in_vain == []
    restate(company)
    after = held(company, peer, first, settled(peer, company, AT))
    for name in RESTATED:
        of = [key for key in after if re.match(rf"kpi_{name}_[a-z]+\{{grain=\"quarter\",by=\"\"", key[0])]
        assert [key for key in of if key[1] == LONG_AGO and before[key] != after[key]], name


def empty(board, answered):
    """Return the titles of the panels of which no query answers anything as the dashboard opens."""
    first, found = opened(board, to=AT), set()
    for panel in panels(board):
        texts = [asked(target["expr"], first) for target in panel["targets"]]
        if not any(answered.get((text, AT if "vintage" in text else None)) for text in texts):
            found.add(panel["title"])
    return found


def lines(boards, name, title):
    """Return the expressions of a panel by their names, as the dashboard opens."""
    board = boards[f"dashboards/joint/{name}.json"]
    (panel,) = [each for each in panels(board) if title in each["title"]]
    return {
        target["legendFormat"]: asked(target["expr"], opened(board, to=AT)) for target in panel["targets"]
    }


def final_at(company, period, age):
    return Finality(company.catalog).at("plan_curve", period, (("age", f"{age:02d}"),)).timestamp()


def test_the_triangle_is_the_store_s(company, peer, boards):
    """In the middle of its column each cohort stands at every age that it has reached, and at no other."""
    rows, calendar = (
        lines(boards, "retention", "cohorts of a quarter by age"),
        company.catalog.company.calendar,
    )
    stored, compared = {}, 0
    for seen in company.store.latest("plan_curve", grain=Grain.QUARTER, by=("age",)):
        if seen.state in PUBLISHED:
            stored.setdefault(seen.period, {})[dict(seen.dimensions)["age"]] = seen.value
    for period, values in stored.items():
        middle = final_at(company, period, 0) + 45 * DAY
        if middle > AT:
            continue
        for age in range(9):
            (value,) = peer.instant(rows[f"age {age:02d}"], middle).values() or [None]
            # From quarter to quarter the middle moves by two days at most.
            if final_at(company, period, age) + 47 * DAY < AT:
                assert value == pytest.approx(values[f"{age:02d}"], rel=1e-12)
                compared += 1
            elif final_at(company, period, age) + 43 * DAY > AT:
                assert value is None
        (ends,) = peer.instant(rows["cohort ends"], middle).values()
        assert ends == calendar.bounds(period)[1].timestamp() * 1000
    assert compared > 30


def test_near_a_turn_no_age_shows_another_cohort(company, peer, boards):
    rows, calendar = (
        lines(boards, "retention", "cohorts of a quarter by age"),
        company.catalog.company.calendar,
    )
    period = calendar.period_of(date(2025, 2, 1), Grain.QUARTER)
    cohort = company.store.latest("plan_curve", by=("age",), start=period.start, end=period.end)
    stored = {dict(seen.dimensions)["age"]: seen.value for seen in cohort}
    begins, ends = final_at(company, period, 0), final_at(company, calendar.next(period), 0)
    for hours in range(0, 24 * 6, 6):
        for at in (begins + hours * 3600 + 60, ends - hours * 3600 - 60):
            for age in range(1, 5):
                shown = list(peer.instant(rows[f"age {age:02d}"], at).values())
                assert shown in ([], [pytest.approx(stored[f"{age:02d}"], rel=1e-12)])


def test_the_funnel_is_of_one_cohort(company, peer, boards):
    columns = lines(boards, "journey", "Who entered and who went on")
    ends = peer.instant(columns["period ends"], AT)
    assert [dict(key)["step"] for key in sorted(ends)] == [
        "1. Contact to enquiry", "2. Enquiry to hand-over", "3. Lead to opportunity",
        "4. Opportunity to customer", "5. First order to plan",
    ]  # fmt: skip
    (end,) = set(ends.values())
    # The newest that is final for all: of first orders to plans half a year must have passed since.
    assert end == datetime(2026, 3, 31, 23, tzinfo=UTC).timestamp() * 1000
    calendar = company.catalog.company.calendar
    stored = company.store.latest("enquiry_to_handover", by=(), grain=Grain.QUARTER)
    (seen,) = [one for one in stored if calendar.bounds(one.period)[1].timestamp() * 1000 == end]
    went_on = {dict(key)["step"]: value for key, value in peer.instant(columns["went on"], AT).items()}
    assert went_on["2. Enquiry to hand-over"] == seen.numerator


def test_a_metric_has_bounds_where_its_kind_says_so(company):
    for metric in company.catalog.metrics.values():
        stored = any(seen.lower is not None for seen in company.store.latest(metric.metric))
        assert (uncertainty_of(metric, company.catalog) is not Uncertainty.NONE) is stored, metric.metric


def test_a_choice_of_segments_holds_in_every_panel_that_is_cut_by_them(company, peer, boards):
    board, expected, seen = boards["dashboards/sales/department-sales.json"], Reading(company, NOW), 0
    for _, target in targets(board):
        if '"$segment_channel"' not in target["expr"]:
            continue
        # As Grafana writes a choice of two.
        text = asked(target["expr"], opened(board, to=AT) | {"segment_channel": ["(paid_search|referral)"]})
        found = bare(peer.instant(text, AT))
        assert found == pytest.approx(said(expected, text, AT), rel=1e-12)
        assert {dict(key)["channel"] for key in found} == {"paid_search", "referral"}, text
        seen += 1
    assert seen > 3
