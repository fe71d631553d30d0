"""The demo company's data, checked by SQL that knows nothing of the generator; and its definitions."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from api.demo import MILESTONE, NOW, REPLAYS, SEED, Summary, generate
from api.demo.leads import make_leads
from api.demo.orders import nth
from api.demo.people import owners, posts, staff
from api.demo.tables import Writer
from api.demo.timeline import (
    LATE_DAYS,
    STRAGGLER_DAYS,
    days_to,
    happened,
    months,
    office_time,
    stamps,
    weekday,
)
from metrics.catalog.metric import Direction
from metrics.check import check as check_metrics
from metrics.describe.units import unit_of
from metrics.kind import kinds
from metrics.loading.loader import load as load_metrics
from metrics.observation import Observation, State
from metrics.store.store import Store
from scorecard.check import check as check_scorecard
from scorecard.definitions import COMPANY_KEYS, load

DEFINITIONS = Path(__file__).parents[2] / "definitions"
FILES = {
    "contacts": "marketing/contacts.parquet",
    "leads": "marketing/leads.parquet",
    "quizzes": "marketing/quizzes.parquet",
    "responses": "marketing/responses.parquet",
    "mentions": "marketing/mentions.parquet",
    "reviews": "marketing/reviews.csv",
    "touches": "marketing/touches/*.parquet",
    "stage_changes": "sales/stage_changes.parquet",
    "handovers": "sales/handovers.parquet",
    "assignments": "sales/assignments.parquet",
    "accounts": "sales/accounts.parquet",
    "deals": "sales/deals.parquet",
    "deal_stages": "sales/deal_stages.parquet",
    "orders": "sales/orders.parquet",
    "plans": "sales/plans.parquet",
    "calls": "sales/calls.parquet",
    "user_history": "sales/user_history.parquet",
    "tickets": "service/tickets.parquet",
    "compensation": "service/compensation.parquet",
    "questions": "service/questions.parquet",
    "cancel_contacts": "service/cancel_contacts.parquet",
    "surveys": "service/surveys.csv",
    "invitations": "service/invitations.csv",
    "exit_surveys": "service/exit_surveys.csv",
    "customer_ids": "shared/customer_ids.parquet",
    "stage_map": "shared/stage_map.csv",
    "service_standards": "shared/service_standards.csv",
    "contact_points": "shared/contact_points.csv",
    "claims": "shared/claims.csv",
    "promotions": "shared/promotions.csv",
    "content_topics": "shared/content_topics.csv",
    "staff": "people/staff.csv",
    "exchanges": "people/exchanges.csv",
    "review_attendance": "people/review_attendance.csv",
    "fx_rates": "finance/fx_rates.parquet",
    "marketing_syncs": "marketing/sync_log.parquet",
    "sales_syncs": "sales/sync_log.parquet",
    "service_syncs": "service/sync_log.parquet",
}
TABLES = (*FILES, "spend", "budget")
# What a row's own time is, and so the least that its arrival may be.
ARRIVALS = {
    "contacts": "first_seen_at", "leads": "created_at", "quizzes": "started_at", "responses": "occurred_at",
    "mentions": "posted_at", "reviews": "posted_at", "touches": "occurred_at", "stage_changes": "changed_at",
    "handovers": "handed_over_at", "assignments": "assigned_at", "deals": "opened_at", "deal_stages": "valid_from",
    "orders": "ordered_at", "plans": "started_on", "calls": "called_at", "tickets": "opened_at",
    "compensation": "granted_at", "questions": "asked_at", "cancel_contacts": "contacted_at",
    "surveys": "sent_at", "invitations": "asked_at", "exit_surveys": "left_on",
}  # fmt: skip
BEFORE = ("2024-07-01", "2025-07-01")
AFTER = ("2026-01-01", "2026-07-01")


class Tables:
    """The generated tables in one in-memory database."""

    def __init__(self, directory: Path) -> None:
        self.connection = duckdb.connect(":memory:")
        data = directory / "data"
        for name, path in FILES.items():
            self.connection.execute(f"create table {name} as select * from '{data / path}'")
        self.connection.execute(f"attach '{data / 'finance.duckdb'}' as finance (read_only)")
        for name in ("spend", "budget"):
            self.connection.execute(f"create table {name} as select * from finance.{name}")

    def one(self, query: str) -> Any:
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def digest(self, table: str) -> tuple[Any, ...]:
        columns = [name for (name, *_) in self.rows(f"describe {table}")]
        listed = ", ".join(f'"{name}"' for name in columns)
        numbered = f"select cast(({listed}) as varchar) as line, row_number() over () as place from {table}"
        text = f"select md5(string_agg(line, chr(10) order by place)), count(*) from ({numbered})"
        return (table, *columns, *self.rows(text)[0])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """Return the demo's definitions and data, made where a file was that is none of it."""
    root = tmp_path_factory.mktemp("brightwater")
    shutil.copytree(DEFINITIONS, root / "definitions")
    stale = root / "data" / "finance.duckdb"
    stale.parent.mkdir()
    stale.write_bytes(b"not a database")
    return root, generate(root, SEED)


@pytest.fixture(scope="module")
def tables(project: tuple[Path, Summary]) -> Iterator[Tables]:
    found = Tables(project[0])
    yield found
    found.connection.close()


# -- the same again -------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_tables_in_place_of_what_was_there(
    tables: Tables, demo_company: Path
) -> None:
    again = Tables(demo_company)
    assert [tables.digest(name) for name in TABLES] == [again.digest(name) for name in TABLES]
    again.connection.close()


def test_another_seed_makes_another_company() -> None:
    one, other = (make_leads(np.random.default_rng([seed, 1])) for seed in (SEED, SEED + 1))
    assert not np.array_equal(one.created[:100], other.created[:100])


def test_summary_counts_the_rows_written(project: tuple[Path, Summary], tables: Tables) -> None:
    rows = project[1].rows
    assert project[1].directory == project[0]
    for name, path in FILES.items():
        written = rows[path] if "*" not in path else sum(n for key, n in rows.items() if "touches/" in key)
        assert written == tables.one(f"select count(*) from {name}"), name
    assert 16_000 < rows["marketing/leads.parquet"] < 21_000
    assert 26_000 < rows["sales/orders.parquet"] < 34_000
    assert 9_000 < rows["service/tickets.parquet"] < 14_000
    assert sum(rows.values()) < 350_000


def test_replays_lead_up_to_now() -> None:
    assert datetime(2026, 10, 13, 6, tzinfo=UTC) == NOW
    assert [f"{instant:%Y-%m-%dT%H}" for instant in REPLAYS[:-1]] == ["2026-07-13T06"]
    assert REPLAYS[-1] == NOW


# -- nothing impossible ---------------------------------------------------------------------------

IMPOSSIBLE = {
    "delivered before it was ordered": "select count(*) from orders where delivered_at <= ordered_at",
    "promised for before it was ordered": "select count(*) from orders where promised_at <= ordered_at",
    "cancelled and delivered": "select count(*) from orders where status = 'cancelled' and delivered_at is not null",
    "delivered without a date": """select count(*) from orders
        where (status = 'delivered') <> (delivered_at is not null)""",
    "promise and hours disagree": """select count(*) from orders
        where abs(date_diff('second', ordered_at, promised_at) - promised_hours * 3600) > 1
        or (promised_at is null) <> (promised_hours is null)""",
    "amount of nothing": "select count(*) from orders where amount <= 0",
    "order of an unknown account": "select count(*) from orders anti join accounts using (account_id)",
    "order before the account": """select count(*) from orders join accounts using (account_id)
        where ordered_at <= created_at""",
    "order of another lead": """select count(*) from orders o join accounts a using (account_id)
        where o.lead_id <> a.lead_id""",
    "two accounts of a lead": "select count(*) - count(distinct lead_id) from accounts",
    "deal closed before it opened": "select count(*) from deals where closed_at <= opened_at",
    "closed deal without outcome": "select count(*) from deals where (closed_at is null) <> (won is null)",
    "deal of an unknown account": "select count(*) from deals anti join accounts using (account_id)",
    "empty stage of a deal": "select count(*) from deal_stages where valid_to <= valid_from",
    "two stages of a deal at once": """select count(*) from deal_stages a join deal_stages b using (deal_id)
        where a.valid_from < b.valid_from and coalesce(a.valid_to, '2100-01-01') > b.valid_from""",
    "stage change without a lead's account": """select count(*) from stage_changes
        where stage in ('opportunity', 'closed_won') and account_id is null""",
    "won before it was an opportunity": """select count(*) from stage_changes won
        join stage_changes opened using (lead_id) where won.stage = 'closed_won'
        and opened.stage = 'opportunity' and opened.changed_at >= won.changed_at""",
    "opportunity before the hand-over": """select count(*) from accounts where created_at <= (
        select min(changed_at) from stage_changes where stage = 'mql' and lead_id = accounts.lead_id)""",
    "handed over before it was a lead": """select count(*) from stage_changes join leads using (lead_id)
        where changed_at <= created_at""",
    "account without a lead": """select count(*) from accounts where created_at < '2026-07-01'
        and lead_id not in (select lead_id from leads)""",
    "spam handed over": """select count(*) from stage_changes join leads using (lead_id)
        where leads.status = 'spam'""",
    "answer before the survey": "select count(*) from surveys where answered_at <= sent_at",
    "score out of five": "select count(*) from surveys where score not between 1 and 5",
    "answer without a score": "select count(*) from surveys where (answered_at is null) <> (score is null)",
    "survey before the delivery": """select count(*) from surveys join orders using (order_id)
        where sent_at <= delivered_at""",
    "reply before the question": "select count(*) from tickets where first_reply_at <= opened_at",
    "solved before the reply": "select count(*) from tickets where resolved_at <= first_reply_at",
    "reopened, never solved": "select count(*) from tickets where reopened and resolved_at is null",
    "ticket before the order": """select count(*) from tickets join orders using (order_id)
        where opened_at <= ordered_at""",
    "touch by somebody not there": """select count(*) from touches anti join user_history
        on user_id = owner_id and occurred_at >= valid_from and occurred_at < coalesce(valid_to, '2100-01-01')""",
    "person in two teams": """select count(*) from user_history a join user_history b using (user_id)
        where a.valid_from < b.valid_from and (a.valid_to is null or a.valid_to > b.valid_from)""",
    "euro without a rate": """select count(*) from orders where currency = 'EUR' and not exists (
        select 1 from fx_rates where day <= ordered_at::date and day >= ordered_at::date - 4)""",
    "other currency": "select count(*) from orders where currency not in ('GBP', 'EUR')",
    "rate out of reach": "select count(*) from fx_rates where rate not between 0.75 and 0.98",
    "spend of nothing": "select count(*) from spend where amount <= 0",
    "NaN in the money": "select count(*) from orders where isnan(margin::double) or margin is null",
    "lead before its contact": """select count(*) from leads join contacts using (contact_id)
        where created_at <= first_seen_at""",
    "contact of two leads": "select count(*) - count(distinct contact_id) from leads",
    "quiz finished before it began": "select count(*) from quizzes where finished_at <= started_at",
    "outcome of no finished quiz": "select count(*) from quizzes where (finished_at is null) <> (outcome is null)",
    "more fields than there are": """select count(*) from handovers
        where filled_fields not between 0 and required_fields""",
    "assigned to somebody not there": """select count(*) from assignments anti join user_history
        on user_id = owner_id and assigned_at >= valid_from and assigned_at < coalesce(valid_to, '2100-01-01')""",
    "assigned at an unknown status": "select count(*) from assignments anti join stage_map using (status)",
    "more than the parked status unmapped": """select count(*) from stage_changes anti join stage_map
        on stage_changes.stage = status where stage_changes.stage <> 'parked'""",
    "order numbers with a gap": """select count(*) from (select account_id, max(order_number) as most, count(*) as n
        from orders where ordered_at < '2026-07-01' group by account_id) where most > n + 3""",
    "second order before the first": """select count(*) from orders a join orders b using (account_id)
        where b.order_number = a.order_number + 1 and b.ordered_at < a.ordered_at""",
    "product without a standard": """select count(*) from orders where not exists (select 1 from service_standards s
        where s.product = orders.product and ordered_at >= valid_from
        and ordered_at < coalesce(valid_to, '2100-01-01'))""",
    "two standards at once": """select count(*) from service_standards a join service_standards b using (product)
        where a.valid_from < b.valid_from and coalesce(a.valid_to, '2100-01-01') > b.valid_from""",
    "plan before the first order": """select count(*) from plans p where started_on <= (
        select min(ordered_at) from orders o where o.account_id = p.account_id)""",
    "plan that ends before it starts": "select count(*) from plans where ended_on <= started_on",
    "plan that ends for no reason": "select count(*) from plans where (ended_on is null) <> (ended_by is null)",
    "two plans of an account at once": """select count(*) from plans a join plans b using (account_id)
        where a.started_on < b.started_on and coalesce(a.ended_on, '2100-01-01') > b.started_on""",
    "new level without a new plan": """select count(*) from plans a where ended_by in ('upgrade', 'downgrade')
        and ended_on < '2026-08-01' and not exists (select 1 from plans b
        where b.account_id = a.account_id and b.started_on = a.ended_on and b.level <> a.level)""",
    "exit survey of a running plan": """select count(*) from exit_surveys join plans using (plan_id)
        where ended_by is distinct from 'cancelled' or left_on <> ended_on""",
    "cancelled before the plan began": """select count(*) from cancel_contacts join plans using (plan_id)
        where contacted_at <= started_on""",
    "compensation for no complaint": """select count(*) from compensation join tickets using (ticket_id)
        where not is_complaint or granted_at <= first_reply_at""",
    "question before the ticket": """select count(*) from questions join (
        select requester, min(opened_at) as first from tickets group by requester) using (requester)
        where asked_at <= first and asked_at < '2026-07-01'""",
    "account that the crosswalk does not know": """select count(*) from accounts anti join customer_ids
        on system = 'crm' and id = account_id""",
    "left before joining": "select count(*) from staff where left_on <= joined_on",
    "post outside of the employment": """select count(*) from user_history join staff on person_id = user_id
        where valid_from < joined_on or coalesce(valid_to, '2100-01-01') > coalesce(left_on, '2100-01-01')""",
    "exchange with the own department": """select count(*) from exchanges e join user_history u
        on user_id = person_id and started_on >= valid_from and started_on < coalesce(valid_to, '2100-01-01')
        where department = host""",
    "guest of a review who works elsewhere": """select count(*) from review_attendance r anti join user_history u
        on user_id = person_id and review_on >= valid_from and review_on < coalesce(valid_to, '2100-01-01')
        and u.department = r.department""",
    "contact point in two states": """select count(*) from contact_points a join contact_points b using (point_id)
        where a.valid_from < b.valid_from and coalesce(a.valid_to, '2100-01-01') > b.valid_from""",
}  # fmt: skip


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_no_impossible_rows(tables: Tables, case: str) -> None:
    assert tables.one(IMPOSSIBLE[case]) == 0


@pytest.mark.parametrize(
    ("table", "key"),
    [("leads", "lead_id"), ("touches", "touch_id"), ("stage_changes", "change_id"), ("accounts", "account_id"),
     ("deals", "deal_id"), ("orders", "order_id"), ("tickets", "ticket_id"), ("surveys", "survey_id"),
     ("invitations", "order_id"), ("deal_stages", "(deal_id, valid_from)"), ("user_history", "(user_id, valid_from)"),
     ("fx_rates", "(day, base, quote)"), ("budget", "month"), ("contacts", "contact_id"), ("quizzes", "quiz_id"),
     ("responses", "response_id"), ("mentions", "mention_id"), ("reviews", "review_id"), ("handovers", "lead_id"),
     ("assignments", "assignment_id"), ("plans", "plan_id"), ("calls", "call_id"), ("compensation", "ticket_id"),
     ("questions", "question_id"), ("cancel_contacts", "contact_id"), ("exit_surveys", "plan_id"),
     ("customer_ids", "(system, id)"), ("stage_map", "status"), ("service_standards", "(product, valid_from)"),
     ("contact_points", "(point_id, valid_from)"), ("claims", "(claim_id, valid_from)"),
     ("promotions", "promotion_id"), ("content_topics", "(month, topic)"), ("staff", "person_id"),
     ("exchanges", "exchange_id"), ("review_attendance", "(review_on, person_id)"),
     ("spend", "(day, category, department, coalesce(channel, ''))")],
)  # fmt: skip
def test_keys_are_unique(tables: Tables, table: str, key: str) -> None:
    assert tables.one(f"select count(*) - count(distinct {key}) from {table}") == 0


# -- arrivals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ARRIVALS)
def test_rows_arrive_after_they_happen_and_before_now(tables: Tables, table: str) -> None:
    time = ARRIVALS[table]
    assert tables.one(f"select count(*) from {table} where synced_at <= {time}") == 0
    assert tables.one(f"select max(synced_at) from {table}") < NOW.replace(tzinfo=None)


def test_a_few_rows_are_late(tables: Tables) -> None:
    share, most = tables.rows("""select avg((synced_at > ordered_at + interval 30 hour)::int),
        max(date_diff('hour', ordered_at, synced_at)) / 24.0 from orders""")[0]
    assert 0.02 < share < 0.04
    assert LATE_DAYS < most < STRAGGLER_DAYS + 1
    very = tables.one("select avg((synced_at > ordered_at + interval 21 day)::int) from orders")
    assert 0.0005 < very < 0.004


@pytest.mark.parametrize("replay", REPLAYS[:-1])
def test_every_replay_is_restated_later(tables: Tables, replay: datetime) -> None:
    instant = replay.replace(tzinfo=None).isoformat(sep=" ")
    late = tables.one(
        f"select count(*) from orders where ordered_at < '{instant}' and synced_at >= '{instant}'"
    )
    assert late > 8


def test_every_night_has_a_sync_and_the_last_is_fresh(tables: Tables) -> None:
    for department in ("marketing", "sales", "service"):
        count, nights, last = tables.rows(
            f"select count(*), count(distinct done_at::date), max(done_at) from {department}_syncs"
        )[0]
        assert count == nights == 1108
        assert timedelta(0) < NOW.replace(tzinfo=None) - last < timedelta(hours=4)


def test_some_answer_twice_about_one_order(tables: Tables) -> None:
    twice = tables.one("""select count(*) from (select order_id from surveys where answered_at is not null
        group by order_id having count(*) > 1)""")
    assert twice > 200


def test_about_half_of_those_who_were_asked_answered(tables: Tables) -> None:
    asked, bounced, answered = tables.rows("""select count(*) filter (sent), count(*) filter (not sent),
        count(*) filter (sent and order_id in (select order_id from surveys where answered_at is not null))
        from invitations where asked_at < '2026-09-01'""")[0]
    assert 0.48 < answered / asked < 0.56
    assert 200 < bounced < 0.1 * asked
    unasked = (
        "select count(*) from surveys where order_id not in (select order_id from invitations where sent)"
    )
    # What comes late has not come for the last of them.
    assert tables.one(unasked) < 40


# -- the story ------------------------------------------------------------------------------------


def conversion(tables: Tables, span: tuple[str, str]) -> float:
    """Return the share of qualified leads handed over in a span that open within 90 days."""
    result = tables.one(f"""
        with entered as (
            select lead_id, min(changed_at) as at from stage_changes join leads using (lead_id)
            where stage = 'mql' and budget_ok and fit = 'right' group by lead_id
        ), opened as (
            select lead_id, min(changed_at) as at from stage_changes where stage = 'opportunity' group by lead_id
        )
        select avg(coalesce(opened.at >= entered.at and opened.at < entered.at + interval 90 day, false)::int)
        from entered left join opened using (lead_id)
        where entered.at >= '{span[0]}' and entered.at < '{span[1]}'""")
    return float(result)


SHARES = {
    "over_promise": """select avg((promised_hours < standard_hours)::int) from orders o join service_standards s
        on s.product = o.product and ordered_at >= valid_from and ordered_at < coalesce(valid_to, '2100-01-01')
        where promised_hours is not null and ordered_at >= '{0}' and ordered_at < '{1}'""",
    "kept": """select avg(coalesce(delivered_at <= promised_at, false)::int) from orders
        where status <> 'cancelled' and promised_at >= '{0}' and promised_at < '{1}'""",
    "csat": """select avg((score >= 4)::int) from surveys
        where score is not null and answered_at >= '{0}' and answered_at < '{1}'""",
    "wrong_work": """select sum(acquisition_hours) filter (fit <> 'right') / sum(acquisition_hours) from deals
        where closed_at >= '{0}' and closed_at < '{1}'""",
    "first_reply": """select avg(coalesce(first_reply_at <= opened_at + interval 4 hour, false)::int) from tickets
        where opened_at >= '{0}' and opened_at < '{1}'""",
    "reopened": """select avg(reopened::int) from tickets
        where resolved_at >= '{0}' and resolved_at < '{1}'""",
    "complete_handovers": """select avg((filled_fields = required_fields)::int) from handovers
        where handed_over_at >= '{0}' and handed_over_at < '{1}'""",
    "right_department": """select avg((department = leads)::int) from assignments join stage_map using (status)
        join user_history on user_id = owner_id and assigned_at >= valid_from
        and assigned_at < coalesce(valid_to, '2100-01-01')
        where assigned_at >= '{0}' and assigned_at < '{1}'""",
    "unmapped": """select avg((stage = 'parked')::int) from stage_changes
        where changed_at >= '{0}' and changed_at < '{1}'""",
    "booked": "select avg(booked::int) from calls where called_at >= '{0}' and called_at < '{1}'",
    "not_for_us": """select avg(coalesce(outcome = 'not for us', false)::int) from quizzes
        where started_at >= '{0}' and started_at < '{1}'""",
    "positive": """select avg((sentiment = 'positive')::int) from mentions
        where posted_at >= '{0}' and posted_at < '{1}'""",
    "known_writers": """select avg((customer_id is not null)::int) from tickets left join customer_ids
        on system = 'help_desk' and id = requester where opened_at >= '{0}' and opened_at < '{1}'""",
    "known_visitors": """select avg((customer_id is not null)::int) from responses left join customer_ids
        on system = 'marketing_hub' and id = visitor_id where occurred_at >= '{0}' and occurred_at < '{1}'""",
    "saved": """select avg((outcome = 'saved')::int) from cancel_contacts
        where contacted_at >= '{0}' and contacted_at < '{1}'""",
    "told_early": """select avg(coalesce(date_diff('day', told_service_on, starts_on) >= 10, false)::int)
        from promotions where starts_on >= '{0}' and starts_on < '{1}'""",
    "attended": """select avg(attended::int) from review_attendance
        where review_on >= '{0}' and review_on < '{1}'""",
}  # fmt: skip
EFFECTS = {
    "over_promise": (0.24, 0.10, 0.02),
    "kept": (0.80, 0.91, 0.015),
    "csat": (0.76, 0.84, 0.025),
    "wrong_work": (0.30, 0.17, 0.05),
    "first_reply": (0.70, 0.83, 0.02),
    "reopened": (0.13, 0.085, 0.015),
    "complete_handovers": (0.42, 0.73, 0.03),
    "right_department": (0.80, 0.94, 0.02),
    "unmapped": (0.037, 0.004, 0.006),
    "booked": (0.22, 0.30, 0.03),
    "not_for_us": (0.11, 0.23, 0.03),
    "positive": (0.40, 0.54, 0.04),
    "known_writers": (0.86, 0.95, 0.015),
    "known_visitors": (0.62, 0.86, 0.03),
    "saved": (0.14, 0.35, 0.12),
    "told_early": (0.50, 0.89, 0.12),
    "attended": (0.40, 0.86, 0.12),
}


def test_the_milestone_lifts_lead_to_opportunity(tables: Tables) -> None:
    assert MILESTONE.isoformat() == BEFORE[1]
    assert conversion(tables, BEFORE) == pytest.approx(0.19, abs=0.012)
    assert conversion(tables, AFTER) == pytest.approx(0.26, abs=0.02)


@pytest.mark.parametrize("name", SHARES)
def test_the_milestone_changes_shares(tables: Tables, name: str) -> None:
    before, after, band = EFFECTS[name]
    assert float(tables.one(SHARES[name].format(*BEFORE))) == pytest.approx(before, abs=band)
    assert float(tables.one(SHARES[name].format(*AFTER))) == pytest.approx(after, abs=band)


def test_help_is_slower_in_the_last_summer(tables: Tables) -> None:
    summer = float(tables.one(SHARES["first_reply"].format("2026-07-20", "2026-09-20")))
    assert summer == pytest.approx(0.68, abs=0.04)


def test_channels_differ_in_quality(tables: Tables) -> None:
    found = tables.rows("""select channel, avg((budget_ok and fit = 'right')::int) from leads
        group by channel order by 2""")
    shares = dict(found)
    assert (found[0][0], found[-1][0]) == ("paid_search", "referral")
    assert shares["referral"] - shares["paid_search"] > 0.2


def test_december_and_august_are_quiet(tables: Tables) -> None:
    for quiet, usual in ((12, 11), (8, 9)):
        few, many = (tables.one(f"select count(*) from leads where month(created_at) = {month}")
                     for month in (quiet, usual))  # fmt: skip
        assert few < 0.8 * many, quiet


def test_broken_promises_cost_satisfaction(tables: Tables) -> None:
    happy = dict(
        tables.rows("""select delivered_at <= promised_at, avg((score >= 4)::int)
        from surveys join orders using (order_id) where score is not null and promised_at is not null group by 1""")
    )
    assert happy[True] - happy[False] > 0.2


# -- small parts ----------------------------------------------------------------------------------


def test_office_time_is_a_weekday_and_never_earlier() -> None:
    times = np.arange(0.0, 60.0, 0.37)
    moved = office_time(np.random.default_rng(1), times)
    assert (moved > times).all()
    hours = 24.0 * (moved - np.floor(moved))
    assert hours.min() >= 8.5
    assert hours.max() < 17.5
    assert (moved - times).max() < 3.6
    assert set(weekday(moved[moved - times > 0.02])) <= {0, 1, 2, 3, 4}


@pytest.mark.parametrize("words", [3, 500])
def test_tables_are_written_as_they_are(tmp_path: Path, words: int) -> None:
    texts = np.array(
        [None if place % 7 == 0 else f"word {place % words}" for place in range(1000)], dtype=object
    )
    numbers = np.array([np.nan if place % 5 == 0 else place / 4 for place in range(1000)])
    with Writer() as writer:
        columns = {"word": texts, "number": numbers, "count": np.arange(1000)}
        assert writer.parquet(tmp_path / "t.parquet", columns, {"number": "DECIMAL(8,2)"}) == 1000
        assert writer.csv(tmp_path / "t.csv", columns, {}) == 1000
    expected = [(text, None if np.isnan(number) else number, place)
                for place, (text, number) in enumerate(zip(texts, numbers, strict=True))]  # fmt: skip
    for name in ("t.parquet", "t.csv"):
        found = duckdb.sql(f"select word, number::double, count from '{tmp_path / name}'")
        assert found.types[0] == "VARCHAR"
        assert found.fetchall() == expected


def test_orders_of_an_account_are_numbered() -> None:
    assert list(nth(np.array([4, 2, 4, 4, 2, 9]))) == [1, 1, 2, 3, 2, 1]


def test_times_become_calendar_days() -> None:
    assert days_to(MILESTONE) == 639
    assert list(months(np.array([0.0, 30.9, 31.0, 92.0]))) == [10, 10, 11, 1]
    found = stamps(np.array([0.5, np.nan]))
    assert found[0] == np.datetime64("2023-10-01T12:00:00")
    assert np.isnat(found[1])
    assert np.isnan(happened(np.array([1108.2]))).all()


def test_owners_are_in_the_department_then() -> None:
    moved = Counter(post.user for post in posts())
    assert sorted(user for user, count in moved.items() if count > 1) == ["U07", "U12", "U20", "U28"]
    gone = {post.user for post in posts() if post.until is not None} - {"U07", "U12", "U20", "U28"}
    assert gone == {person.user for person in staff() if person.left is not None}
    times = np.full(4_000, float(days_to(MILESTONE)) + 1.0)
    rng = np.random.default_rng(1)
    assert "U20" in set(owners(rng, times, "service"))
    assert "U20" not in set(owners(rng, times, "sales"))
    assert "U20" in set(owners(rng, times - 2.0, "sales"))


# -- the definitions ------------------------------------------------------------------------------


def test_definitions_have_no_findings(project: tuple[Path, Summary]) -> None:
    definitions = load(project[0])
    found = [*definitions.findings, *check_scorecard(definitions)]
    found += check_metrics(load_metrics(project[0], COMPANY_KEYS))
    assert [str(one) for one in found] == []


def test_definitions_show_every_kind(project: tuple[Path, Summary]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    used = {metric.kind for metric in catalog.metrics.values()}
    assert used <= set(kinds())
    assert used <= set(kinds())
    assert used >= {
        "aggregate", "ratio", "proportion", "net_share", "conversion", "retention", "win_back", "duration",
        "coverage", "clv", "payback", "derived", "difference",
    }  # fmt: skip


def test_every_metric_says_what_it_is_for(project: tuple[Path, Summary]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    for name, metric in catalog.metrics.items():
        assert metric.question, name
        assert metric.question.endswith("?"), name
        assert metric.owner, name
        assert metric.leads, name
        assert (metric.direction is Direction.NONE) == (not metric.targets), name
        assert metric.direction is Direction.NONE or metric.type, name
        assert metric.direction is Direction.NONE or metric.stage or metric.owner == "people", name


def test_no_metric_name_breaks_a_prometheus_rule(project: tuple[Path, Summary]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    for name in catalog.metrics:
        parts = name.split("_")
        assert parts[-1] not in {"count", "total", "sum", "bucket", "info"}, name
        assert not {"days", "hours", "minutes", "weeks"} & set(parts), name


def test_units_follow_from_the_definitions(project: tuple[Path, Summary]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    units = {name: unit_of(metric, catalog) for name, metric in catalog.metrics.items()}
    assert units["revenue"] == units["cac_loaded"] == units["open_pipeline"] == "gbp"
    assert units["revenue_to_plan"] == units["complaint_rate"] == units["csat_change"] == "ratio"
    assert units["cac_payback"] == "months"
    assert units["clv"] == units["complaint_cost"] == units["recurring_revenue"] == "gbp"
    assert units["marketing_return"] == units["lost_for_good"] == "ratio"
    assert units["time_to_first_touch"] == "hours"
    assert units["enquiries"] == units["clv_to_cac"] == ""


def test_every_file_names_its_schema(project: tuple[Path, Summary]) -> None:
    files = sorted(DEFINITIONS.rglob("*.yml"))
    assert len(files) > 40
    for path in files:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        place = path.relative_to(DEFINITIONS)
        kind = {"datasets": "dataset", "metrics": "metric", "scorecards": "scorecard"}.get(
            place.parts[0], place.stem
        )
        up = "../" * len(place.parts)
        assert first == f"# yaml-language-server: $schema={up}.scorecard/schema/{kind}.json", place


def test_every_stage_has_metrics(project: tuple[Path, Summary]) -> None:
    definitions = load(project[0])
    assert definitions.catalog is not None
    found = Counter(metric.stage for metric in definitions.catalog.metrics.values())
    stages = {"awareness", "interest", "evaluation", "trial", "adoption", "loyalty"}
    assert all(found[stage] >= 4 for stage in stages), found


def test_figures_of_articles_are_benchmarks_that_nobody_verified(project: tuple[Path, Summary]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    found = {name for name, metric in catalog.metrics.items() if metric.benchmarks}
    assert {"win_back_rate", "recycled_leads_won", "revenue_growth", "lost_for_good"} <= found
    assert not any(each.verified for name in found for each in catalog.metrics[name].benchmarks)


RECENT = datetime(2025, 10, 1, tzinfo=UTC).date()


@pytest.fixture(scope="module")
def store(demo_company: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{demo_company / '.scorecard' / 'store.db'}") as opened:
        yield opened


@pytest.fixture(scope="module")
def values(project: tuple[Path, Summary], store: Store) -> dict[str, tuple[Observation, ...]]:
    """Return what each metric gives at the demo's now."""
    catalog = load(project[0]).catalog
    assert catalog is not None
    return {name: store.latest(name) for name in catalog.metrics}


def test_every_metric_computes(store: Store, values: dict[str, tuple[Observation, ...]]) -> None:
    last = {name: store.last_run(name) for name in values}
    assert {name: (run.outcome, run.error) for name, run in last.items() if run} == dict.fromkeys(
        values, ("ok", None)
    )
    assert all(run is not None and run.started_at == NOW for run in last.values())


def test_every_metric_has_final_values_of_late(values: dict[str, tuple[Observation, ...]]) -> None:
    late = {
        name: [each for each in found if each.period.start and each.period.start >= RECENT
               and each.value is not None and each.state is State.FINAL]
        for name, found in values.items()
    }  # fmt: skip
    assert [name for name, found in late.items() if not found] == []


def test_value_against_cost_has_intervals_also_by_channel(values: dict[str, tuple[Observation, ...]]) -> None:
    for name in ("cac_paid", "cac_blended", "cac_loaded", "cac_lagged", "clv", "clv_to_cac"):
        late = [each for each in values[name] if each.period.start and each.period.start >= RECENT
                and each.value is not None and each.state is State.FINAL]  # fmt: skip
        assert [each for each in late if each.lower is None or each.upper is None] == []
        channels = {each.dimensions for each in late if each.dimensions}
        assert len(channels) == (0 if name == "cac_lagged" else 5)


def test_spend_of_all_channels_adds_up_to_the_total(values: dict[str, tuple[Observation, ...]]) -> None:
    for name in ("cac_paid", "cac_blended", "cac_loaded"):
        found = values[name]
        for total in (each for each in found if not each.dimensions):
            parts = [
                each.numerator or 0.0 for each in found if each.dimensions and each.period == total.period
            ]
            assert sum(parts) == pytest.approx(total.numerator, rel=1e-9)


def test_nurtured_leads_are_ready_more_often_and_cost_less(
    values: dict[str, tuple[Observation, ...]],
) -> None:
    for name, sign in (("nurture_effect", 1), ("nurture_cost_effect", -1)):
        late = [each for each in values[name]
                if each.period.start and each.period.start >= RECENT and each.state is State.FINAL]  # fmt: skip
        assert late
        for each in late:
            assert each.lower is not None
            assert each.upper is not None
            assert sign * (each.lower if sign > 0 else each.upper) > 0


def test_shares_are_shares(project: tuple[Path, Summary], values: dict[str, tuple[Observation, ...]]) -> None:
    catalog = load(project[0]).catalog
    assert catalog is not None
    shares = {name for name, metric in catalog.metrics.items()
              if metric.kind in {"proportion", "conversion", "coverage", "win_back"}}  # fmt: skip
    beyond = {name for name in shares for each in values[name]
              if each.value is not None and not 0 <= each.value <= 1}  # fmt: skip
    assert beyond == set()


def test_the_scorecard_can_be_read_at_a_glance(project: tuple[Path, Summary]) -> None:
    definitions = load(project[0])
    card = definitions.board.scorecards["joint"]
    indicators = [
        one.metric for part in card.perspectives for each in part.objectives for one in each.indicators
    ]
    assert len(card.perspectives) == 4
    assert 8 <= sum(len(part.objectives) for part in card.perspectives) <= 12
    assert 20 <= len(indicators) == len(set(indicators)) <= 25
