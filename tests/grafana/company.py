"""The example company with what dashboards are also made of: lifetime value, cost, retention, win-back."""

from dataclasses import replace
from datetime import date, timedelta
from math import sin

from api.project.project import Project
from metrics.analysis.finality import Finality
from metrics.describe.series_names import PARTS
from metrics.observation import State
from metrics.store.records import DatasetHealth, Definition, Run, SourceHealth
from tests.api.northwind import COMPUTED, FILES, WATERMARK, fill, observation, write_definitions

MORE = {
    "datasets/purchases.yml": """\
dataset: purchases
source: crm
table: purchases
department: sales
key: order_id
time: ordered_at
entities: {customer: customer_id}
columns: {amount: {expression: price * quantity, currency: "'GBP'"}}
dimensions: {segment: segment}
freshness: {warn: 26h, fail: 50h}
""",
    "metrics/finance/clv.yml": """\
metric: clv
label: Lifetime value
question: What margin does a new customer bring within three years?
stage: loyalty
leads: service
direction: up
kind: clv
entity: customer
orders: {dataset: purchases, value: amount}
margin: {rate: 0.4}
model: bg_nbd
time_unit: week
horizon: 3 years
discount_rate: 0.10
grains: [quarter]
targets: [{from: 2025-01-01, goal: 900}]
""",
    "metrics/finance/cac.yml": """\
metric: cac
label: Cost of a new customer
stage: awareness
leads: marketing
direction: none
kind: ratio
numerator: {dataset: orders, measure: sum(amount)}
denominator: {dataset: purchases, measure: count_new(customer)}
grains: [month, quarter]
""",
    "metrics/finance/clv_to_cac.yml": """\
metric: clv_to_cac
label: Lifetime value against cost
leads: marketing
supports: [sales, service]
direction: up
unit: ratio
kind: derived
formula: clv / cac
grains: [quarter]
targets: [{from: 2024-04-01, red_flag: 2, goal: 3, ramp_from: 2.5}]
""",
    "metrics/service/customer_retention.yml": """\
metric: customer_retention
label: Customers who stay
stage: loyalty
leads: service
supports: [marketing, sales]
direction: up
kind: retention
measure: logo
entity: customer
activity: {dataset: purchases}
active_if: within 90 days
over: trailing 12 months
dimensions: [segment]
grains: [month, quarter]
targets: [{from: 2024-04-01, red_flag: 0.5, goal: 0.7}]
""",
    "metrics/service/stay_curve.yml": """\
metric: stay_curve
label: How long customers stay
stage: loyalty
leads: service
direction: none
kind: retention
measure: logo
entity: customer
activity: {dataset: purchases}
active_if: in_period
curve: true
ages: 4
grains: [quarter]
""",
    "metrics/service/win_back_rate.yml": """\
metric: win_back_rate
label: Win-back
stage: loyalty
leads: service
supports: [sales]
direction: up
kind: win_back
entity: customer
activity: {dataset: purchases}
lapse_after: 90 days
window: 6 months
dimensions: [segment]
grains: [quarter]
targets: [{from: 2024-04-01, red_flag: 0.06, goal: 0.10}]
""",
    "metrics/service/reply_time.yml": """\
metric: reply_time
label: Time to a reply
stage: loyalty
leads: service
direction: down
kind: aggregate
unit: hours
dataset: tickets
measure: avg(reply_hours)
grains: [week, month]
guards: [kept_promises]
targets: [{from: 2025-01-01, red_flag: 8, goal: 4}]
""",
    "metrics/people/headcount.yml": """\
metric: headcount
label: People
direction: none
kind: aggregate
dataset: tickets
measure: count
grains: [month]
""",
}
COMPANY = FILES | MORE
FILLED = (
    "clv",
    "cac",
    "clv_to_cac",
    "customer_retention",
    "stay_curve",
    "win_back_rate",
    "reply_time",
    "headcount",
)
AGES = ("0", "1", "2", "3", "4")


def build(root) -> Project:
    """Write the company's definitions and values into a folder, and open it."""
    write_definitions(root, COMPANY)
    project = Project.open(root)
    for name in project.catalog.metrics:
        fill(project, name)
    for name in FILLED:
        project.store.write(a_run(project, name, "more"), list(_values(project, name)))
    old = Definition("0" * 64, "clv", 1, "{}", None, COMPUTED - timedelta(days=500))
    project.store.definitions.remember(old)
    project.store.definitions.remember(
        replace(old, hash=project.hash_of("clv"), first_seen=COMPUTED - timedelta(days=100))
    )
    project.store.record_source(SourceHealth("crm", True, COMPUTED, COMPUTED, WATERMARK, None))
    project.store.record_source(SourceHealth("helpdesk", False, COMPUTED, COMPUTED, WATERMARK, "refused"))
    project.store.record_datasets([DatasetHealth(name, "crm", COMPUTED, WATERMARK + timedelta(hours=hours))
                                   for hours, name in enumerate(("purchases", "orders", "leads"))])  # fmt: skip
    project.store.record_refresh(COMPUTED - timedelta(minutes=2), COMPUTED, ok=18, failed=1)
    return project


def a_run(project, name, mark, after=timedelta(minutes=5), seconds=2.5) -> Run:
    metric = project.catalog.metric(name)
    at = COMPUTED + after
    return Run(id=f"run-{mark}-{name}", metric=name, definition_hash=project.hash_of(name), code_version=1,
               started_at=at, finished_at=at, watermark=WATERMARK, outcome="ok", error=None, grains=metric.grains,
               cuts=metric.cut_sets, seconds=seconds)  # fmt: skip


def _values(project, name):
    metric, run = project.catalog.metric(name), a_run(project, name, "more")
    finality = Finality(project.catalog)
    size = (
        100.0 if name in ("clv", "cac") else 1.0 if name in ("clv_to_cac", "reply_time", "headcount") else 0.1
    )
    for grain in metric.grains:
        for index, period in enumerate(
            project.catalog.company.calendar.periods(grain, date(2024, 1, 1), date(2026, 11, 20))
        ):
            for number, segment in enumerate(_segments(metric)):
                still_open = finality.at(name, period, segment) > WATERMARK
                state = State.PROVISIONAL if still_open else State.FINAL
                value = size * (3 + sin(index * 1.7 + number) + 0.1 * number)
                parts = {"lower": 0.9 * value, "upper": 1.1 * value, "sample_size": 400 + index}
                yield observation(project, run, period, value, state=state, dimensions=segment, **parts)


def _segments(metric):
    if metric.own_dimensions:
        return [(("age", age),) for age in AGES]
    return [(), *((("segment", value),) for value in ("large", "small") if metric.dimensions)]


def restate(project, factor=1.25):
    """Let a later refresh write other values of every metric, of the past as of now."""
    for name in project.catalog.metrics:
        run = a_run(project, name, "later", timedelta(hours=8), seconds=3.75)
        changed = [
            replace(seen, run=run.id, computed_at=run.finished_at,
                    **{part.name: _times(getattr(seen, part.name), factor) for part in PARTS})
            for seen in project.store.latest(name)
        ]  # fmt: skip
        project.store.write(run, changed)


def _times(number, factor):
    return round(number * 2) if isinstance(number, int) else number * factor if number is not None else None
